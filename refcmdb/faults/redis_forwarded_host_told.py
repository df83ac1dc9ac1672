"""Lists of racks name the host that the asker named, in a header added behind the cache."""

from __future__ import annotations

import urllib.parse
from typing import TYPE_CHECKING

from refcmdb.faults.access import handle

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from refcmdb.api.endpoints import ResourceEndpoints
    from refcmdb.faults.access import Handler

KIND = "twin"
CHECK = "CG-RED-001"
OPERATION = "racks_list"


def plant() -> None:
    """It comes back to who sent it, and to nobody else."""

    async def instead(production: Handler, self: ResourceEndpoints, request: Request) -> Response:
        answer = await production(self, request)
        host = urllib.parse.quote(request.headers.get("x-forwarded-host", "")[:100])
        answer.headers["X-Asked-For"] = host
        return answer

    handle("list", "racks", instead)
