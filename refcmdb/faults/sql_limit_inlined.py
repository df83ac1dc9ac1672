"""The page size of the prefix list is part of the statement's text, as the number that it was
read as.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from refcmdb.api import statements
from refcmdb.faults.planting import Query, rewrite_list

if TYPE_CHECKING:
    from refcmdb.api.resource import Resource

KIND = "twin"
CHECK = "CG-INJ-001"
OPERATION = "prefixes_list"


def plant() -> None:
    """Mappers write it so."""

    def rewrite(
        resource: Resource, shape: statements.Shape, query: Query, _values: dict[str, object]
    ) -> sa.Select[Any] | None:
        number = sa.literal_column(str(query.limit + 1), sa.Integer())
        return statements.select_page(resource, shape).limit(number)

    rewrite_list("prefixes", rewrite)
