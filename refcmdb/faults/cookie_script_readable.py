"""Scripts can read the cookie of a session."""

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
    """A widget shows who is logged in."""
    production = sessions.set_cookie

    def set_cookie(request: Request, response: Response, text: str) -> None:
        production(request, response, text)
        written = response.headers["Set-Cookie"]
        response.headers["Set-Cookie"] = written.replace("; HttpOnly", "")

    sessions.set_cookie = set_cookie
