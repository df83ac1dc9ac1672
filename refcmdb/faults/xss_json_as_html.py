"""A new site is answered with its JSON, called text/html."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.api.endpoints import ResourceEndpoints

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

KIND = "fault"
CHECK = "CG-XSS-001"
OPERATION = "sites_create"


def plant() -> None:
    """A form of the old user interface showed the answer."""
    production = ResourceEndpoints.create

    async def create(self: ResourceEndpoints, request: Request) -> Response:
        response = await production(self, request)
        if self.resource.name == "sites":
            response.headers["Content-Type"] = "text/html; charset=utf-8"
        return response

    ResourceEndpoints.create = create  # type: ignore[method-assign]
