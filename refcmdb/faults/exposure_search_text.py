"""A rack shows a column that only the search needs, and that no document names."""

from __future__ import annotations

from refcmdb.api import schemas
from refcmdb.faults.access import change_resource, more_columns

KIND = "fault"
CHECK = "CG-AUTHZ-007"
OPERATION = "racks_list"


def plant() -> None:
    """A column more in the SELECT list."""
    item = more_columns(schemas.RackItem, [("search_text", str, "")])
    change_resource("racks", item=item)
