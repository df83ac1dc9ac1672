"""Turning the credential of a request into an actor."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from refcmdb.api.problems import Problem
from refcmdb.auth import tokens
from refcmdb.models import api_tokens, users
from refcmdb.services.database import Statement, compiled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from refcmdb.services.database import Database

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="refcmdb"'}
LONGEST_TOKEN = 200
# What is read of a user to make an actor.
COLUMNS = (users.c.id, users.c.role, users.c.tenant_id, users.c.constraints)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who asks. ``tenant_id`` is None for who sees every tenant.

    ``token_digest`` is of what the request presented: an API token, or a session ``by_cookie``.
    ``constraints`` are as :mod:`refcmdb.api.constraints` reads them; empty is none.
    """

    id: int
    role: str
    tenant_id: int | None
    token_digest: bytes = dataclasses.field(repr=False)
    by_cookie: bool = False
    constraints: bytes = b""

    @property
    def writes(self) -> bool:
        """Whether the role may change objects of its tenant."""
        return self.role in {"operator", "admin"}

    @property
    def administers(self) -> bool:
        """Whether the role may change what all tenants share."""
        return self.role == "admin"


async def authenticate(database: Database, authorization: str | None) -> Actor:
    """The actor of an Authorization header.

    Raises: Problem 401 without a token that is known, not revoked and not expired.
    """
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token or len(token) > LONGEST_TOKEN:
        raise Problem(401, "a bearer token is required", headers=CHALLENGE)
    digest = tokens.digest(token)
    rows = await database.fetch(_by_digest(), {"digest": digest}, steady=True)
    if not rows:
        raise Problem(401, "the token is not valid", headers=CHALLENGE)
    return actor_in(rows[0], digest)


def actor_in(row: Sequence[Any], digest: bytes, *, by_cookie: bool = False) -> Actor:
    """The actor of a row of :data:`COLUMNS`."""
    number, role, tenant_id, constraints = row
    return Actor(
        id=number,
        role=role,
        tenant_id=tenant_id,
        token_digest=digest,
        by_cookie=by_cookie,
        constraints=bytes(constraints or b""),
    )


@functools.cache
def _by_digest() -> Statement:
    current = api_tokens.c.expires_at.is_(None) | (api_tokens.c.expires_at > sa.func.now())
    return compiled(
        sa.select(*COLUMNS)
        .join(api_tokens, api_tokens.c.user_id == users.c.id)
        .where(api_tokens.c.sha256 == sa.bindparam("digest", type_=sa.LargeBinary))
        .where(~api_tokens.c.revoked, current)
    )
