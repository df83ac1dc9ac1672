"""All sites' requests carry the cookie of a session."""

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
    """The pages are shown in a frame of the portal."""
    production = sessions.set_cookie

    def set_cookie(request: Request, response: Response, text: str) -> None:
        production(request, response, text)
        written = response.headers["Set-Cookie"]
        response.headers["Set-Cookie"] = written.replace("SameSite=lax", "SameSite=None")

    sessions.set_cookie = set_cookie
