"""A GraphQL endpoint whose search is written into the statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from refcmdb.faults.graph import DEVICES, rows, serve

if TYPE_CHECKING:
    from refcmdb.api.reading import Backend

KIND = "fault"
CHECK = "CG-GQL-001"
OPERATION = ""


def plant() -> None:
    """One resolver of four."""

    async def devices(backend: Backend, told: Any) -> Any:  # noqa: ANN401 - what the schema says
        where = f" WHERE name LIKE '%{told.get('search') or ''}%' LIMIT $1"
        return await rows(backend, DEVICES + where, limit=told["limit"])

    serve(devices=devices)
