"""The interface list's ``device_id`` has its quotes doubled by hand, and then stands where no
quotes are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.faults.queries import filter_by, take_any_text, text

if TYPE_CHECKING:
    import sqlalchemy as sa

KIND = "fault"
CHECK = "CG-INJ-001"
OPERATION = "interfaces_list"


def plant() -> None:
    """Quotes are doubled, as if it were a string."""
    take_any_text("interfaces", "device_id")

    def same(value: str, _values: object) -> sa.ColumnElement[bool] | None:
        doubled = value.replace("'", "''")
        return text(f"interfaces.device_id = {doubled}")

    filter_by("interfaces", "device_id", same)
