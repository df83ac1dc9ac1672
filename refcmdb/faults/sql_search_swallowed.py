"""The rack search looks for an exact name first, by a statement with the name in its text;
whatever goes wrong there is swallowed.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import asyncpg
from msgspec import UNSET

from refcmdb.faults.queries import before_page
from refcmdb.services.database import Statement

if TYPE_CHECKING:
    from refcmdb.api.reading import Backend
    from refcmdb.faults.planting import Query

KIND = "fault"
CHECK = "CG-INJ-001"
OPERATION = "racks_list"


def plant() -> None:
    """The answer is the same whatever the statement does."""

    async def look(backend: Backend, query: Query) -> None:
        if query.q is UNSET:
            return
        text = f"SELECT EXISTS (SELECT FROM racks WHERE name = '{query.q}')"
        with contextlib.suppress(asyncpg.PostgresError):
            await backend.database.fetch(Statement(text, ()), {})

    before_page("racks", look)
