"""A token is good for ever, whatever its expires_at says."""

from __future__ import annotations

import sqlalchemy as sa

from refcmdb.auth import actors
from refcmdb.models import api_tokens, users
from refcmdb.services.database import Statement, compiled

KIND = "fault"
CHECK = "CG-AUTH-004"
OPERATION = ""


def plant() -> None:
    """The condition went with a refactoring."""

    def by_digest() -> Statement:
        return compiled(
            sa.select(*actors.COLUMNS)
            .join(api_tokens, api_tokens.c.user_id == users.c.id)
            .where(api_tokens.c.sha256 == sa.bindparam("digest", type_=sa.LargeBinary))
            .where(~api_tokens.c.revoked)
        )

    actors._by_digest = by_digest  # type: ignore[assignment]
