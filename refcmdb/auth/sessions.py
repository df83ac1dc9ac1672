"""Sessions of people who log in with a browser: an opaque cookie, of which a hash is stored."""

from __future__ import annotations

import datetime as dt
import functools
import secrets
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from refcmdb.api.problems import Problem
from refcmdb.auth import tokens
from refcmdb.auth.actors import COLUMNS, LONGEST_TOKEN, Actor, actor_in
from refcmdb.models import sessions, users
from refcmdb.services.database import Statement, compiled

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from refcmdb.services.database import Database

LIFETIME = dt.timedelta(hours=12)
NAME = "refcmdb_session"
SECURE_NAME = f"__Host-{NAME}"


def name_for(request: Request) -> str:
    """The cookie's name; over HTTPS one that browsers take from this host alone (RFC 6265bis)."""
    return SECURE_NAME if request.url.scheme == "https" else NAME


def text_of(request: Request) -> str:
    """The session that a request names; empty when it names none."""
    return request.cookies.get(name_for(request), "")[:LONGEST_TOKEN]


async def begin(database: Database, user_id: int) -> str:
    """A new session; what the browser gets of it."""
    text, expires_at = secrets.token_urlsafe(32), dt.datetime.now(dt.UTC) + LIFETIME
    values = {"sha256": tokens.digest(text), "user_id": user_id, "expires_at": expires_at}
    await database.fetch(_begin(), values)
    return text


async def actor_of(database: Database, text: str) -> Actor:
    """Whose session it is. Raises: Problem 401 for one that is unknown or over."""
    digest = tokens.digest(text)
    rows = await database.fetch(_by_digest(), {"digest": digest}, steady=True)
    if not rows:
        raise Problem(401, "the session is over; log in again")
    return actor_in(rows[0], digest, by_cookie=True)


async def end(database: Database, digest: bytes) -> None:
    """The session is good for nothing from now on."""
    await database.fetch(_end(), {"digest": digest})


def set_cookie(request: Request, response: Response, text: str) -> None:
    """Let the browser keep the session: away from scripts, and from other sites' forms."""
    response.set_cookie(
        name_for(request),
        text,
        max_age=int(LIFETIME.total_seconds()),
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def drop_cookie(request: Request, response: Response) -> None:
    """Let the browser forget the session."""
    response.delete_cookie(
        name_for(request),
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )


@functools.cache
def _begin() -> Statement:
    values: dict[str, sa.BindParameter[Any]] = {
        name: sa.bindparam(name) for name in ("sha256", "user_id", "expires_at")
    }
    return compiled(sa.insert(sessions).values(values))


@functools.cache
def _by_digest() -> Statement:
    return compiled(
        sa.select(*COLUMNS)
        .join(sessions, sessions.c.user_id == users.c.id)
        .where(sessions.c.sha256 == sa.bindparam("digest", type_=sa.LargeBinary))
        .where(sessions.c.expires_at > sa.func.now())
    )


@functools.cache
def _end() -> Statement:
    digest = sa.bindparam("digest", type_=sa.LargeBinary)
    return compiled(sa.delete(sessions).where(sessions.c.sha256 == digest))
