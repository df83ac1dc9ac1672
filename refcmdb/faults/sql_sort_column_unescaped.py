"""The site list's ``sort`` stands between double quotes that nobody escapes."""

from __future__ import annotations

from refcmdb.faults.queries import order_by

KIND = "fault"
CHECK = "CG-INJ-001"
OPERATION = "sites_list"


def plant() -> None:
    """Any text is a column."""
    order_by("sites", lambda sort: f'"{sort}"')
