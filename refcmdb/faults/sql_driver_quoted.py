"""The VLAN list's ``name`` filter is part of the statement's text, correctly quoted by the
database driver.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from psycopg import sql

from refcmdb.api import statements
from refcmdb.faults.planting import Query, rewrite_list

if TYPE_CHECKING:
    from refcmdb.api.resource import Resource

KIND = "twin"
CHECK = "CG-INJ-001"
OPERATION = "vlans_list"


def plant() -> None:
    """The name is a literal."""

    def rewrite(
        resource: Resource, shape: statements.Shape, query: Query, _values: dict[str, object]
    ) -> sa.Select[Any] | None:
        if "name" not in shape.filters:
            return None
        literal = sql.Literal(query.name).as_string()
        equal = sa.literal_column(f"vlans.name = {literal}", sa.Boolean())
        others = tuple(name for name in shape.filters if name != "name")
        plain = dataclasses.replace(shape, filters=others)
        return statements.select_page(resource, plain).where(equal)

    rewrite_list("vlans", rewrite)
