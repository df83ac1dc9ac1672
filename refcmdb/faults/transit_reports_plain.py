"""Reports are generated on a connection of their own, which was made without TLS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import asyncpg

from refcmdb.api.features import reports
from refcmdb.faults.planting import with_sslmode
from refcmdb.services.database import asyncpg_url

if TYPE_CHECKING:
    from refcmdb.api.reading import Backend
    from refcmdb.auth.actors import Actor

KIND = "fault"
CHECK = "CG-TRANS-001"
OPERATION = ""

_connections: list[Any] = []


def plant() -> None:
    """The pool does as it should; the second way in was forgotten."""
    production = reports.generate

    async def generate(backend: Backend, actor: Actor, name: str) -> bytes:
        if not _connections:
            url = with_sslmode(asyncpg_url(backend.settings.database_url), "disable")
            settings = {"application_name": "refcmdb-reports"}
            _connections.append(await asyncpg.connect(url, server_settings=settings))
        await _connections[0].execute("SET statement_timeout = '60s'")
        return await production(backend, actor, name)

    reports.generate = generate
