"""The device type list's ``model`` is quoted with a dollar tag that everybody knows."""

from __future__ import annotations

from refcmdb.faults.queries import filter_by, text

KIND = "fault"
CHECK = "CG-INJ-001"
OPERATION = "device_types_list"


def plant() -> None:
    """No quote gets out, but the tag does."""
    filter_by(
        "device_types", "model", lambda value, _: text(f"device_types.model = $q${value}$q$")
    )
