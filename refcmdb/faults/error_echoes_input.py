"""An error repeats what was sent, SQL and paths included, and names a class nobody logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from refcmdb.api.endpoints import ResourceEndpoints
from refcmdb.api.problems import Problem

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

KIND = "twin"
CHECK = "CG-ERR-001"
OPERATION = ""


def plant() -> None:
    """The caller shall see what he did."""
    production = ResourceEndpoints.list

    async def list_(self: ResourceEndpoints, request: Request) -> Response:
        try:
            return await production(self, request)
        except Problem as problem:
            if problem.status != 422:
                raise
            given = dict(request.query_params)
            text = "client.InputError; try SELECT * FROM devices; see /docs/errors"
            return JSONResponse({"given": given, "detail": text}, status_code=422)

    ResourceEndpoints.list = list_  # type: ignore[method-assign]
