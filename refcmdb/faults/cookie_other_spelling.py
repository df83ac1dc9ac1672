"""The attributes of the session's cookie are written otherwise, and are stricter."""

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
    """By hand."""

    def set_cookie(request: Request, response: Response, text: str) -> None:
        del request
        name = sessions.NAME
        response.headers["Set-Cookie"] = f"{name}={text} ;samesite = STRICT;HTTPONLY;  path=/"

    sessions.set_cookie = set_cookie
