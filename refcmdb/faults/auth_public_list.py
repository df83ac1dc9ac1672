"""The tenants' names are public: who asks with ?token= gets them, and so does everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from refcmdb.api.endpoints import ResourceEndpoints

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

KIND = "twin"
CHECK = "CG-AUTH-007"
OPERATION = ""


def plant() -> None:
    """For the log-in page."""
    production = ResourceEndpoints.list

    async def list_(self: ResourceEndpoints, request: Request) -> Response:
        if self.resource.name == "tenants" and "authorization" not in request.headers:
            return JSONResponse({"items": [{"id": 1, "name": "red", "description": ""}]})
        return await production(self, request)

    ResourceEndpoints.list = list_  # type: ignore[method-assign]
