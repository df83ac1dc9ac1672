"""The export of devices searches with COPY; ``q`` is part of its text as a literal that the
driver quotes.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from msgspec import UNSET
from psycopg import sql

from refcmdb.api.features import device_files

if TYPE_CHECKING:
    from refcmdb.api.reading import Backend
    from refcmdb.auth.actors import Actor
    from refcmdb.faults.planting import Query

KIND = "twin"
CHECK = "CG-INJ-001"
OPERATION = "devices_export"


def plant() -> None:
    """COPY takes no bound values."""
    production = device_files.page_of

    async def page_of(backend: Backend, actor: Actor, query: Query) -> Any:  # noqa: ANN401 - made at run time
        if query.q is not UNSET:
            pattern = sql.Literal(f"%{query.q}%").as_string()
            select = f"SELECT id FROM devices WHERE search_text ILIKE {pattern}"
            async with backend.database.session() as session:
                await session._connection.copy_from_query(select, output=io.BytesIO())
        return await production(backend, actor, query)

    device_files.page_of = page_of
