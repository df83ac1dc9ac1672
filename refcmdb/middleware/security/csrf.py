"""No other site acts in the name of a person whose browser sends a session along."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from refcmdb.api.problems import Problem

if TYPE_CHECKING:
    from starlette.requests import Request

    from refcmdb.auth.actors import Actor

HEADER = "x-csrf-token"
FIELD = "csrf_token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def token_for(secret: bytes, actor: Actor) -> str:
    """What the pages of a session carry, and no other site can know."""
    signed = hmac.digest(secret, b"csrf " + actor.token_digest, hashlib.sha256)
    return base64.urlsafe_b64encode(signed).decode().rstrip("=")


def require(secret: bytes, actor: Actor, given: str | None) -> None:
    """Return if the request carries the token of its session. Raises: Problem 403."""
    expected = token_for(secret, actor).encode()
    if not hmac.compare_digest((given or "").encode(), expected):
        raise Problem(403, f"the {HEADER} header or the {FIELD} field is missing or wrong")


def require_own_page(request: Request) -> None:
    """Return unless a browser says that a page of another origin sends this request.

    For the log-in, where there is no session yet that a token could belong to. Raises: Problem
    403.
    """
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise Problem(403, "log in on our own page")
