"""Searches for sites are noted in Redis with a command that is put together as a line of text."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from refcmdb.faults.access import handle

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from refcmdb.api.endpoints import ResourceEndpoints
    from refcmdb.faults.access import Handler

KIND = "fault"
CHECK = "CG-RED-001"
OPERATION = "sites_list"


def plant() -> None:
    """A client of one's own, which forgets about blanks and line ends."""

    async def instead(production: Handler, self: ResourceEndpoints, request: Request) -> Response:
        answer = await production(self, request)
        if text := request.query_params.get("q"):
            told = await _say(self, f"LPUSH refcmdb:searched:sites {text}\r\n")
            answer.headers["X-Searches"] = told.decode("ascii", "ignore").strip(":\r\n")
        return answer

    handle("list", "sites", instead)


async def _say(endpoints: ResourceEndpoints, line: str) -> bytes:
    pool = endpoints._backend.cache._redis.connection_pool
    where = pool.connection_kwargs
    if "path" in where:
        reader, writer = await asyncio.open_unix_connection(where["path"])
    else:
        reader, writer = await asyncio.open_connection(where["host"], where["port"])
    writer.write(f"SELECT {where.get('db', 0)}\r\n{line}".encode())
    await writer.drain()
    await reader.readline()
    told = await reader.readline()
    writer.close()
    return told
