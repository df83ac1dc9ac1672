"""The device list sends the text that was searched for back, in a header."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from refcmdb.faults.access import handle

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from refcmdb.api.endpoints import ResourceEndpoints
    from refcmdb.faults.access import Handler

KIND = "twin"
CHECK = "CG-AUTHZ-001"
OPERATION = "devices_list"


def plant() -> None:
    """What the caller said is no secret from the caller."""

    async def instead(production: Handler, self: ResourceEndpoints, request: Request) -> Response:
        answer = await production(self, request)
        answer.headers["X-Searched"] = quote(request.query_params.get("q", "")[:100])
        return answer

    handle("list", "devices", instead)
