"""The change log alone takes ?api_key=, for a collector that cannot set headers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.api.endpoints import ResourceEndpoints

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

KIND = "fault"
CHECK = "CG-AUTH-007"
OPERATION = "changes_list"


def plant() -> None:
    """Just for this one customer."""
    production = ResourceEndpoints.list

    async def list_(self: ResourceEndpoints, request: Request) -> Response:
        token = request.query_params.get("api_key")
        if self.resource.name == "changes" and token:
            header = (b"authorization", b"Bearer " + token.encode())
            scope = dict(request.scope) | {"headers": [*request.scope["headers"], header]}
            request = type(request)(scope | {"query_string": b""})
        return await production(self, request)

    ResourceEndpoints.list = list_  # type: ignore[method-assign]
