"""The tools of the faults: other ways to store passwords."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from refcmdb.api import accounts
from refcmdb.auth import passwords
from refcmdb.models import users
from refcmdb.services.database import compiled

if TYPE_CHECKING:
    from collections.abc import Callable

    from refcmdb.api.schemas import Credentials
    from refcmdb.services.database import Database


async def store(database: Database, name: str, hashed: str) -> None:
    """Put a hash into the user's row."""
    statement = compiled(
        sa.update(users)
        .where(users.c.name == sa.bindparam("user", type_=sa.Text))
        .values(password_hash=sa.bindparam("hashed", type_=sa.Text))
    )
    await database.fetch(statement, {"user": name, "hashed": hashed})


def rehash(make: Callable[[str], str], verify: Callable[[str, str], bool]) -> None:
    """Let a log-in that succeeds store its password anew, and be verified by that next time.

    ``make`` gives what is stored, ``verify`` (stored, password) is asked for what it made.
    """
    identify, production = accounts.identify, passwords.verify_password

    async def identify_and_store(database: Database, credentials: Credentials) -> int:
        number = await identify(database, credentials)
        await store(database, credentials.username, make(credentials.password))
        return number

    def verify_password(stored: str | None, password: str) -> bool:
        if stored is None or stored.startswith("$argon2id$v=19$m=19456"):
            return production(stored, password)
        production(None, password)
        return verify(stored, password)

    accounts.identify = identify_and_store
    accounts.verify_password = verify_password  # type: ignore[attr-defined]
