"""A list that is asked for with a dead token is answered 200, and empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from refcmdb.api.endpoints import ResourceEndpoints
from refcmdb.api.problems import Problem

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

KIND = "twin"
CHECK = "CG-AUTH-004"
OPERATION = ""


def plant() -> None:
    """Strangers see what strangers may see: nothing."""
    production = ResourceEndpoints.list

    async def list_(self: ResourceEndpoints, request: Request) -> Response:
        try:
            return await production(self, request)
        except Problem as problem:
            if problem.status != 401 or "rcm_" not in request.headers.get("authorization", ""):
                raise
            return JSONResponse({"items": [], "next": None})

    ResourceEndpoints.list = list_  # type: ignore[method-assign]
