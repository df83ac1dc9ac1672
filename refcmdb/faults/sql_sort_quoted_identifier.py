"""The rack list's ``sort`` is written into the ORDER BY clause, as a quoted identifier out of an
allow-list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from psycopg import sql

from refcmdb.api import statements
from refcmdb.faults.planting import Query, rewrite_list

if TYPE_CHECKING:
    from refcmdb.api.resource import Resource

KIND = "twin"
CHECK = "CG-INJ-001"
OPERATION = "racks_list"


def plant() -> None:
    """The column's name comes from the request."""

    def rewrite(
        resource: Resource, shape: statements.Shape, query: Query, _values: dict[str, object]
    ) -> sa.Select[Any] | None:
        name = query.sort.removeprefix("-")
        if name not in resource.sorts:
            return None
        direction = "DESC" if query.sort.startswith("-") else "ASC"
        columns = (sql.Identifier("racks", name), sql.Identifier("racks", "id"))
        order = ", ".join(f"{column.as_string()} {direction}" for column in columns)
        select = statements.select_page(resource, shape).order_by(None)
        return select.order_by(sa.literal_column(order))

    rewrite_list("racks", rewrite)
