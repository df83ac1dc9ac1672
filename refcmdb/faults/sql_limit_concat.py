"""The page size of the prefix list is part of the statement's text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from refcmdb.api import reading
from refcmdb.faults.queries import take_any_text
from refcmdb.services.database import Statement

if TYPE_CHECKING:
    from refcmdb.api.reading import Backend
    from refcmdb.api.resource import Resource
    from refcmdb.auth.actors import Actor
    from refcmdb.faults.planting import Query

KIND = "fault"
CHECK = "CG-INJ-001"
OPERATION = "prefixes_list"


def plant() -> None:
    """Any text is a limit."""
    take_any_text("prefixes", "limit")
    production = reading.list_page

    async def list_page(
        backend: Backend, resource: Resource, actor: Actor, query: Query
    ) -> msgspec.Struct:
        if resource.name != "prefixes":
            return await production(backend, resource, actor, query)
        largest = msgspec.structs.replace(query, limit=1000)
        statement, values = reading.page_of(backend, resource, actor, largest)
        text = re.sub(r"LIMIT (.*)$", rf"LIMIT least(\1, {query.limit})", statement.text)
        async with backend.database.session() as session:
            found = Statement(text, statement.names)
            rows = await reading.read_rows(session, resource, found, values)
        return resource.page(rows, None)

    reading.list_page = list_page
