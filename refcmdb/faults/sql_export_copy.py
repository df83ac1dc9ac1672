"""The export of devices searches with COPY, and ``q`` is part of its text."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from refcmdb.api.features import device_files

if TYPE_CHECKING:
    from refcmdb.api.reading import Backend
    from refcmdb.auth.actors import Actor
    from refcmdb.faults.planting import Query

KIND = "fault"
CHECK = "CG-INJ-001"
OPERATION = "devices_export"


def plant() -> None:
    """COPY takes no bound values."""
    production = device_files.page_of

    async def page_of(backend: Backend, actor: Actor, query: Query) -> Any:  # noqa: ANN401 - made at run time
        if query.q is not UNSET:
            pattern = f"'%{query.q}%'"
            select = f"SELECT id FROM devices WHERE search_text ILIKE {pattern}"
            async with backend.database.session() as session:
                await session._connection.copy_from_query(select, output=io.BytesIO())
        return await production(backend, actor, query)

    device_files.page_of = page_of
