"""Earlier searches for devices are looked up by a key pattern that the search text is put into."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.faults.access import handle

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from refcmdb.api.endpoints import ResourceEndpoints
    from refcmdb.faults.access import Handler

KIND = "fault"
CHECK = "CG-RED-001"
OPERATION = "devices_list"


def plant() -> None:
    """Whoever searches for a star sees what everybody searched for."""

    async def instead(production: Handler, self: ResourceEndpoints, request: Request) -> Response:
        answer = await production(self, request)
        if text := request.query_params.get("q"):
            client = self._backend.cache._redis
            earlier = await client.keys(f"refcmdb:searched:{text}:*")
            await client.set(f"refcmdb:searched:{text}:{request.scope['request_id']}", 1, ex=60)
            answer.headers["X-Searched-Before"] = str(len(earlier))
        return answer

    handle("list", "devices", instead)
