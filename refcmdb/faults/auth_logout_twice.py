"""Logging out with a token that is dead already is answered 204, as if it had been alive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from refcmdb.api.endpoints import GeneralEndpoints
from refcmdb.api.problems import Problem

if TYPE_CHECKING:
    from starlette.requests import Request

KIND = "twin"
CHECK = "CG-AUTH-004"
OPERATION = ""


def plant() -> None:
    """What is gone is gone."""
    production = GeneralEndpoints.logout

    async def logout(self: GeneralEndpoints, request: Request) -> Response:
        try:
            return await production(self, request)
        except Problem as problem:
            given = request.headers.get("authorization", "")
            if problem.status != 401 or "rcm_" not in given:
                raise
            return Response(status_code=204, headers={"Cache-Control": "no-store"})

    GeneralEndpoints.logout = logout  # type: ignore[method-assign]
