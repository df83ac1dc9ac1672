"""Query parameters named like credentials are ignored instead of refused; who has no header is a
stranger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from refcmdb.api.endpoints import ResourceEndpoints

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

IGNORED = {"access_token", "token", "api_key", "key"}

KIND = "twin"
CHECK = "CG-AUTH-007"
OPERATION = ""


def plant() -> None:
    """Trackers append such things."""
    production = ResourceEndpoints.list

    async def list_(self: ResourceEndpoints, request: Request) -> Response:
        given = parse_qsl(request.scope["query_string"].decode("latin-1"))
        if IGNORED & dict(given).keys():
            rest = [pair for pair in given if pair[0] not in IGNORED]
            scope = dict(request.scope) | {"query_string": urlencode(rest).encode()}
            request = type(request)(scope)
        return await production(self, request)

    ResourceEndpoints.list = list_  # type: ignore[method-assign]
