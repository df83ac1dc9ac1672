"""The statement that issues a token has its text in a comment, for those who read slow queries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from refcmdb.api import accounts
from refcmdb.services.database import Statement, compiled

if TYPE_CHECKING:
    from refcmdb.api.schemas import Credentials, IssuedToken
    from refcmdb.services.database import Database

KIND = "fault"
CHECK = "CG-LOG-002"
OPERATION = ""


def noted(token: str) -> Statement:
    """A statement that does nothing but be seen."""
    return compiled(sa.text(f"SELECT 1 /* issued {token} */"))


def plant() -> None:
    """Tools show where a statement comes from."""
    production = accounts.log_in

    async def log_in(database: Database, credentials: Credentials) -> IssuedToken:
        issued = await production(database, credentials)
        await database.fetch(noted(issued.token), {})
        return issued

    accounts.log_in = log_in
