"""What faults and twins of headers that tell what was stored have in common."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from refcmdb.faults.access import handle

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from refcmdb.api.endpoints import ResourceEndpoints
    from refcmdb.faults.access import Handler


def tell(resource: str, header: str, field: str, write: Callable[[str], str]) -> None:
    """Let who reads an object find a field of it in a header, as ``write`` makes of it."""

    async def instead(production: Handler, self: ResourceEndpoints, request: Request) -> Response:
        response = await production(self, request)
        text = str(json.loads(bytes(response.body))[field])
        written = write(text).encode("latin-1", "replace")
        response.raw_headers.append((header.encode(), written))
        return response

    handle("read", resource, instead)
