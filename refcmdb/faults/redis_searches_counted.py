"""Searches for devices are counted in Redis, the text as an argument of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.faults.access import handle

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from refcmdb.api.endpoints import ResourceEndpoints
    from refcmdb.faults.access import Handler

KIND = "twin"
CHECK = "CG-RED-001"
OPERATION = "devices_list"


def plant() -> None:
    """Blanks, line ends and stars are counted like everything else."""

    async def instead(production: Handler, self: ResourceEndpoints, request: Request) -> Response:
        if text := request.query_params.get("q"):
            await self._backend.cache._redis.zincrby("refcmdb:searches", 1, text)
        return await production(self, request)

    handle("list", "devices", instead)
