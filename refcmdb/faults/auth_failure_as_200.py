"""A log-in that fails is answered 200, with no token in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from refcmdb.api.endpoints import GeneralEndpoints
from refcmdb.api.problems import Problem

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

KIND = "twin"
CHECK = "CG-AUTH-003"
OPERATION = ""


def plant() -> None:
    """Errors are answers, too."""
    production = GeneralEndpoints.login

    async def login(self: GeneralEndpoints, request: Request) -> Response:
        try:
            return await production(self, request)
        except Problem as problem:
            if problem.status != 401:
                raise
            return JSONResponse({"token": None, "error": problem.detail})

    GeneralEndpoints.login = login  # type: ignore[method-assign]
