"""The interface search puts ``q`` between the percent signs of a LIKE pattern as text."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from refcmdb.api import statements
from refcmdb.faults.planting import Query, rewrite_list

if TYPE_CHECKING:
    from refcmdb.api.resource import Resource

KIND = "fault"
CHECK = "CG-INJ-001"
OPERATION = "interfaces_list"


def plant() -> None:
    """The search is an f-string."""

    def rewrite(
        resource: Resource, shape: statements.Shape, query: Query, _values: dict[str, object]
    ) -> sa.Select[Any] | None:
        if not shape.searching:
            return None
        like = sa.literal_column(f"search_text ILIKE '%{query.q}%'", sa.Boolean())
        plain = dataclasses.replace(shape, searching=False)
        return statements.select_page(resource, plain).where(like)

    rewrite_list("interfaces", rewrite)
