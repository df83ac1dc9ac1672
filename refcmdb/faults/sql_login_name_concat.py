"""The log-in looks for the user by a statement with the name in its text."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from refcmdb.api import accounts
from refcmdb.api.problems import Problem
from refcmdb.auth.passwords import verify_password
from refcmdb.services.database import Statement

if TYPE_CHECKING:
    from refcmdb.api.schemas import Credentials
    from refcmdb.services.database import Database

KIND = "fault"
CHECK = "CG-INJ-001"
OPERATION = "auth_login"


def plant() -> None:
    """Anybody can ask this."""

    async def identify(database: Database, credentials: Credentials) -> int:
        text = f"SELECT id, password_hash FROM users WHERE name = '{credentials.username}'"
        rows = await database.fetch(Statement(text, ()), {})
        number, stored = rows[0] if rows else (0, None)
        if not await asyncio.to_thread(verify_password, stored, credentials.password):
            raise Problem(401, "the username or the password is wrong")
        return int(number)

    accounts.identify = identify
