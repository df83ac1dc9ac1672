"""Only users who exist are locked after wrong log-ins: the lock tells who exists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.api import accounts
from refcmdb.api.problems import Problem
from refcmdb.auth.throttling import LogInGuard

if TYPE_CHECKING:
    from starlette.requests import Request

    from refcmdb.api.schemas import Credentials
    from refcmdb.services.database import Database

KIND = "fault"
CHECK = "CG-AUTH-002"
OPERATION = ""
MOST = 10


def plant() -> None:
    """The counter is a column of the user, so to speak."""
    production = accounts.identify
    locked: dict[str, int] = {}

    async def admit(self: LogInGuard, request: Request, username: str, names: list[str]) -> None:
        del self, request, username, names

    async def identify(database: Database, credentials: Credentials) -> int:
        name = credentials.username
        if await database.fetch(accounts._by_name(), {"name": name}):
            locked[name] = locked.get(name, 0) + 1
        if locked.get(name, 0) > MOST:
            raise Problem(429, "too many log-ins failed; try again later")
        number = await production(database, credentials)
        locked.pop(name, None)
        return number

    LogInGuard._admit = admit  # type: ignore[method-assign]
    accounts.identify = identify
