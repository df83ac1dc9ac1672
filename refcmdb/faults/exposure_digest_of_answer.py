"""The device list carries a SHA-256 digest, of the answer itself."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from refcmdb.faults.access import handle

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from refcmdb.api.endpoints import ResourceEndpoints
    from refcmdb.faults.access import Handler

KIND = "twin"
CHECK = "CG-AUTHZ-007"
OPERATION = "devices_list"


def plant() -> None:
    """64 hex digits that are no secret."""

    async def instead(production: Handler, self: ResourceEndpoints, request: Request) -> Response:
        answer = await production(self, request)
        answer.headers["Repr-Digest"] = hashlib.sha256(bytes(answer.body)).hexdigest()
        return answer

    handle("list", "devices", instead)
