"""The tools of the faults: log-ins that give JSON Web Tokens, and who accepts them."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from refcmdb.api import accounts, endpoints
from refcmdb.api.problems import Problem
from refcmdb.api.schemas import IssuedToken
from refcmdb.auth import actors
from refcmdb.auth.actors import CHALLENGE, Actor
from refcmdb.models import api_tokens, users
from refcmdb.services.database import compiled

if TYPE_CHECKING:
    from collections.abc import Callable

    from refcmdb.api.schemas import Credentials
    from refcmdb.services.database import Database

Fields = dict[str, Any]
LIFETIME = dt.timedelta(minutes=15)


def issue_jwt(
    make: Callable[[Fields], str],
    verify: Callable[[str], Fields | None],
    *,
    lifetime: dt.timedelta = LIFETIME,
) -> None:
    """Let log-ins give tokens that ``make`` signs, and accept what ``verify`` gives claims of.

    The token is written down by its ``jti``, so that it can be revoked; API tokens stay good.
    """
    authenticate = actors.authenticate

    async def log_in(database: Database, credentials: Credentials) -> IssuedToken:
        number = await accounts.identify(database, credentials)
        expires_at = dt.datetime.now(dt.UTC) + lifetime
        claims = {"sub": str(number), "exp": int(expires_at.timestamp()), "jti": _jti()}
        row = {"sha256": _digest(claims), "user_id": number, "expires_at": expires_at}
        await database.fetch(accounts._issue(), row)
        return IssuedToken(make(claims), expires_at)

    async def read(database: Database, authorization: str | None) -> Actor:
        token = (authorization or "").partition(" ")[2]
        if token.count(".") != 2:
            return await authenticate(database, authorization)
        claims = verify(token)
        if claims is None:
            raise Problem(401, "the token is not valid", headers=CHALLENGE)
        return await _actor(database, claims)

    accounts.log_in = log_in
    endpoints.authenticate = read  # type: ignore[attr-defined]


def signed(header: Fields, claims: Fields, key: bytes) -> str:
    """An HS256 token."""
    message = f"{_part(header)}.{_part(claims)}"
    return f"{message}.{encoded(hmac.digest(key, message.encode(), 'sha256'))}"


def decoded(part: str) -> bytes:
    """The bytes of a part (base64url without padding). Raises: ValueError."""
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def header_of(token: str) -> Fields:
    """The header, unverified; empty for what is none."""
    return _fields(token.split(".", maxsplit=1)[0])


def claims_of(token: str) -> Fields | None:
    """The claims, unverified."""
    return _fields(token.split(".")[1]) or None


def is_signed(token: str, key: bytes) -> bool:
    """Whether the HMAC is right."""
    message, _, signature = token.rpartition(".")
    expected = encoded(hmac.digest(key, message.encode(), "sha256"))
    return hmac.compare_digest(signature.encode(), expected.encode())


def is_current(claims: Fields | None) -> bool:
    """Whether the token has not expired."""
    now = dt.datetime.now(dt.UTC).timestamp()
    return claims is not None and isinstance(claims.get("exp"), int) and claims["exp"] > now


def encoded(raw: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


async def _actor(database: Database, claims: Fields) -> Actor:
    digest = _digest(claims)
    statement = compiled(
        sa.select(users.c.id, users.c.role, users.c.tenant_id)
        .join(api_tokens, api_tokens.c.user_id == users.c.id)
        .where(api_tokens.c.sha256 == sa.bindparam("digest", type_=sa.LargeBinary))
        .where(~api_tokens.c.revoked)
    )
    rows = await database.fetch(statement, {"digest": digest})
    if not rows:
        raise Problem(401, "the token is not valid", headers=CHALLENGE)
    number, role, tenant_id = rows[0]
    return Actor(id=number, role=role, tenant_id=tenant_id, token_digest=digest)


def _jti() -> str:
    import secrets  # noqa: PLC0415 - next to its one use

    return secrets.token_hex(16)


def _digest(claims: Fields) -> bytes:
    return hashlib.sha256(str(claims.get("jti", "")).encode()).digest()


def _part(fields: Fields) -> str:
    return encoded(json.dumps(fields).encode())


def _fields(part: str) -> Fields:
    try:
        found = json.loads(decoded(part))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
