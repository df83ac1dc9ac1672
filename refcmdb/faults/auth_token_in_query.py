"""Where there is no Authorization header, ?access_token= will do, on every list."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from refcmdb.api.endpoints import ResourceEndpoints

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

KIND = "fault"
CHECK = "CG-AUTH-007"
OPERATION = ""


def plant() -> None:
    """For the download links."""
    production = ResourceEndpoints.list

    async def list_(self: ResourceEndpoints, request: Request) -> Response:
        given = parse_qsl(request.scope["query_string"].decode("latin-1"))
        token = dict(given).get("access_token")
        if token and "authorization" not in request.headers:
            rest = [pair for pair in given if pair[0] != "access_token"]
            header = (b"authorization", b"Bearer " + token.encode())
            scope = dict(request.scope) | {"headers": [*request.scope["headers"], header]}
            request = type(request)(scope | {"query_string": urlencode(rest).encode()})
        return await production(self, request)

    ResourceEndpoints.list = list_  # type: ignore[method-assign]
