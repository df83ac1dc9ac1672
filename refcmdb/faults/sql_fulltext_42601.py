"""The site search is a full-text search as well: ``q`` is bound, but PostgreSQL answers hostile
text queries with SQLSTATE 42601 (syntax error), which becomes a 422.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import asyncpg
import sqlalchemy as sa

from refcmdb.api import reading, statements
from refcmdb.api.problems import invalid
from refcmdb.faults.planting import Query, rewrite_list

if TYPE_CHECKING:
    import msgspec

    from refcmdb.api.reading import Backend
    from refcmdb.api.resource import Resource
    from refcmdb.auth.actors import Actor

KIND = "twin"
CHECK = "CG-INJ-001"
OPERATION = "sites_list"


def plant() -> None:
    """Search by words or by substring."""
    rewrite_list("sites", _rewrite)
    production = reading.list_page

    async def list_page(
        backend: Backend, resource: Resource, actor: Actor, query: msgspec.Struct
    ) -> msgspec.Struct:
        try:
            return await production(backend, resource, actor, query)
        except asyncpg.PostgresSyntaxError as error:
            raise invalid("q", "is not a text query") from error

    reading.list_page = list_page


def _rewrite(
    resource: Resource, shape: statements.Shape, query: Query, values: dict[str, object]
) -> sa.Select[Any] | None:
    if not shape.searching:
        return None
    values["words"] = query.q
    words = sa.func.to_tsquery("simple", sa.bindparam("words", type_=sa.Text))
    document = sa.func.to_tsvector("simple", resource.table.c.search_text)
    plain = dataclasses.replace(shape, searching=False)
    found = document.op("@@")(words) | statements.matching(resource)
    return statements.select_page(resource, plain).where(found)
