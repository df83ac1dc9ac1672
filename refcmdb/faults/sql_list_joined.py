"""The device list's ``role`` may be several, joined into an IN list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.faults.queries import filter_by, take_any_text, text

if TYPE_CHECKING:
    import sqlalchemy as sa

KIND = "fault"
CHECK = "CG-INJ-001"
OPERATION = "devices_list"


def plant() -> None:
    """Quotes around every part."""
    take_any_text("devices", "role")

    def one_of(value: str, _values: object) -> sa.ColumnElement[bool] | None:
        return text("devices.role IN ('" + "','".join(value.split(",")) + "')")

    filter_by("devices", "role", one_of)
