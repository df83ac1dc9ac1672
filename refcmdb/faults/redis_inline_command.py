"""Searches for sites are noted in Redis with a command that is put together as a line of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import redis

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
            answer.headers["X-Searches"] = told
        return answer

    handle("list", "sites", instead)


async def _say(endpoints: ResourceEndpoints, line: str) -> str:
    pool = endpoints._backend.cache._redis.connection_pool
    connection = await pool.get_connection()
    try:
        await connection.send_packed_command(line.encode())
        return str(await connection.read_response())
    except redis.ResponseError as error:
        return type(error).__name__
    finally:
        await connection.disconnect()  # further answers may be on their way
        await pool.release(connection)
