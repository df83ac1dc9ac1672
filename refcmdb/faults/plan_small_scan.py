"""The search of the device types reads the whole table, which has some dozens of rows."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from refcmdb.api import statements
from refcmdb.faults.planting import Query, rewrite_list

if TYPE_CHECKING:
    from refcmdb.api.resource import Resource

KIND = "twin"
CHECK = "CG-PLAN-001"
OPERATION = "device_types_list"


def plant() -> None:
    """No index, and none needed."""

    def rewrite(
        resource: Resource, shape: statements.Shape, _query: Query, _values: dict[str, object]
    ) -> sa.Select[Any] | None:
        if not shape.searching or shape.following:
            return None
        pattern = sa.func.lower(sa.bindparam("q", type_=sa.Text))
        found = sa.func.lower(resource.table.c.search_text).like(pattern)
        plain = dataclasses.replace(shape, searching=False)
        select = statements.select_page(resource, plain).where(found)
        by_height = resource.table.c.height_units - resource.table.c.height_units
        order = statements.ordering(resource, shape.sort)
        return select.order_by(None).order_by(by_height, *order)

    rewrite_list("device_types", rewrite)
