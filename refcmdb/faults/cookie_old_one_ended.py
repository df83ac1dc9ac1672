"""The log-in ends a cookie of an older release, without any attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.auth import sessions

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

KIND = "twin"
CHECK = "CG-HDR-002"
OPERATION = "login"


def plant() -> None:
    """It has no value any more."""
    production = sessions.set_cookie

    def set_cookie(request: Request, response: Response, text: str) -> None:
        production(request, response, text)
        response.set_cookie("sid", "", max_age=0, samesite=None)

    sessions.set_cookie = set_cookie
