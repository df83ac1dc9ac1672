"""Logging in and out."""

from __future__ import annotations

import asyncio
import datetime as dt
import functools
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from refcmdb.api.problems import Problem
from refcmdb.api.schemas import Credentials, IssuedToken
from refcmdb.auth import sessions, tokens
from refcmdb.auth.passwords import verify_password
from refcmdb.models import api_tokens, users
from refcmdb.services.database import Statement, compiled

if TYPE_CHECKING:
    from refcmdb.auth.actors import Actor
    from refcmdb.services.database import Database

LIFETIME = dt.timedelta(hours=12)


async def identify(database: Database, credentials: Credentials) -> int:
    """The number of the user whose password it is.

    Raises: Problem 401, the same whether the name or the password is wrong.
    """
    rows = await database.fetch(_by_name(), {"name": credentials.username})
    number, stored = rows[0] if rows else (0, None)
    if not await asyncio.to_thread(verify_password, stored, credentials.password):
        raise Problem(401, "the username or the password is wrong")
    return int(number)


async def log_in(database: Database, credentials: Credentials) -> IssuedToken:
    """A new token. Raises: Problem 401 as :func:`identify`."""
    number = await identify(database, credentials)
    token, expires_at = tokens.new_token(), dt.datetime.now(dt.UTC) + LIFETIME
    values = {"sha256": tokens.digest(token), "user_id": number, "expires_at": expires_at}
    await database.fetch(_issue(), values)
    return IssuedToken(token, expires_at)


async def log_out(database: Database, actor: Actor) -> None:
    """What the actor presented is good for nothing from now on."""
    if actor.by_cookie:
        await sessions.end(database, actor.token_digest)
        return
    await database.fetch(_revoke(), {"digest": actor.token_digest})


@functools.cache
def _by_name() -> Statement:
    name = sa.bindparam("name", type_=sa.Text)
    return compiled(sa.select(users.c.id, users.c.password_hash).where(users.c.name == name))


@functools.cache
def _issue() -> Statement:
    values: dict[str, sa.BindParameter[Any]] = {
        name: sa.bindparam(name) for name in ("sha256", "user_id", "expires_at")
    }
    return compiled(sa.insert(api_tokens).values(values))


@functools.cache
def _revoke() -> Statement:
    digest = sa.bindparam("digest", type_=sa.LargeBinary)
    return compiled(
        sa.update(api_tokens).where(api_tokens.c.sha256 == digest).values(revoked=sa.true())
    )
