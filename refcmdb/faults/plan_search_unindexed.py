"""The device search wraps its columns in expressions, in the search, the tenant predicate and
the order, so that no index serves any of them.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from refcmdb.api import statements
from refcmdb.faults.planting import Query, rewrite_list

if TYPE_CHECKING:
    from refcmdb.api.resource import Resource

KIND = "fault"
CHECK = "CG-PLAN-001"
OPERATION = "devices_list"


def plant() -> None:
    """Case is folded by hand, and nulls are taken care of that cannot be."""
    rewrite_list("devices", _rewrite)


def _rewrite(
    resource: Resource, shape: statements.Shape, _query: Query, _values: dict[str, object]
) -> sa.Select[Any] | None:
    if not shape.searching:
        return None
    table = resource.table
    plain = dataclasses.replace(shape, searching=False, sight=statements.EVERYTHING)
    pattern = sa.func.lower(sa.bindparam("q", type_=sa.Text))
    select = statements.select_page(resource, plain).where(
        sa.func.lower(table.c.search_text).like(pattern)
    )
    if shape.sight.scoped:
        owner = _without_null(table.c.tenant_id)
        select = select.where(owner == sa.bindparam("scope", type_=sa.BigInteger))
    columns = (table.c[shape.sort.removeprefix("-")], table.c.id)
    order = [_without_null(column) for column in columns]
    down = shape.sort.startswith("-")
    return select.order_by(None).order_by(*(each.desc() if down else each for each in order))


def _without_null(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    defaults = {sa.BigInteger: "0", sa.DateTime: "'epoch'"}
    default = defaults.get(type(column.type), "''")
    return sa.func.coalesce(column, sa.literal_column(default))
