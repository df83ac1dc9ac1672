"""The log-in also sets a cookie for the colours of the pages, which scripts read."""

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
    """It opens nothing."""
    production = sessions.set_cookie

    def set_cookie(request: Request, response: Response, text: str) -> None:
        production(request, response, text)
        response.set_cookie("theme", "dark", samesite="none")

    sessions.set_cookie = set_cookie
