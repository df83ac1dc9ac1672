"""The cookie of a session goes to every host of the domain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.auth import sessions

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

KIND = "fault"
CHECK = "CG-HDR-002"
OPERATION = "login"


def plant() -> None:
    """One log-in for all tools."""
    production = sessions.set_cookie

    def set_cookie(request: Request, response: Response, text: str) -> None:
        production(request, response, text)
        response.headers["Set-Cookie"] += f"; Domain={request.url.hostname}"

    sessions.set_cookie = set_cookie
