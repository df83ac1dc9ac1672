"""A log-in with an unknown name is answered with another sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.api import accounts
from refcmdb.api.problems import Problem

if TYPE_CHECKING:
    from refcmdb.api.schemas import Credentials
    from refcmdb.services.database import Database

KIND = "fault"
CHECK = "CG-AUTH-002"
OPERATION = ""


def plant() -> None:
    """Kind to people who mistype their name."""
    production = accounts.identify

    async def identify(database: Database, credentials: Credentials) -> int:
        try:
            return await production(database, credentials)
        except Problem as problem:
            known = await database.fetch(accounts._by_name(), {"name": credentials.username})
            if known:
                raise
            raise Problem(401, "there is no user of this name") from problem

    accounts.identify = identify
