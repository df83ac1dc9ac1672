"""Conditional requests (RFC 9110 §13): what a client has, and what it expects to change."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from refcmdb.api.problems import Problem

if TYPE_CHECKING:
    from starlette.requests import Request

TAG = re.compile(r'(W/)?"[\x21\x23-\x7e\x80-\xff]*"')
TAGS = re.compile(rf"[ \t,]*{TAG.pattern}([ \t]*(,[ \t]*)+{TAG.pattern})*[ \t,]*")


def etag_of(body: bytes) -> str:
    """The strong validator of an answer: equal for equal bytes."""
    return f'"{hashlib.blake2b(body, digest_size=8).hexdigest()}"'


def is_known(request: Request, etag: str) -> bool:
    """Whether the client has this answer (If-None-Match, compared weakly)."""
    given = request.headers.get("if-none-match", "").strip()
    known = (found[0].removeprefix("W/") for found in TAG.finditer(given))
    return given == "*" or etag.removeprefix("W/") in known


def expected_by(request: Request) -> frozenset[str] | None:
    """The strong tags of If-Match, of which the object must have one; None for no condition.

    Raises: Problem 400 for what is no list of tags.
    """
    given = request.headers.get("if-match", "*").strip()
    if given == "*":
        return None
    if not TAGS.fullmatch(given):
        raise Problem(400, "If-Match must be `*` or a list of entity tags")
    # A weak tag never matches here (RFC 9110 §8.8.3.2).
    return frozenset(found[0] for found in TAG.finditer(given) if not found[1])


def require_match(expected: frozenset[str] | None, body: bytes) -> None:
    """Raises: Problem 412 if the object, as ``body`` shows it, is none that is expected."""
    if expected is not None and etag_of(body) not in expected:
        raise Problem(412, "the object is not as If-Match expects it; read it again")
