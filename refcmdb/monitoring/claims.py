"""Which of several instances tells people of an alert: the one that holds its lock."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING

import asyncpg

from refcmdb.services.database import PING_WAIT_S

if TYPE_CHECKING:
    from refcmdb.services.database import Database
    from refcmdb.services.pool import Connection

log = logging.getLogger(__name__)

# Of PostgreSQL's advisory locks with two numbers; the second is that of the rule.
OURS = 0x0A1E_0001


class Claims:
    """Advisory locks, on a connection that is open only while there are some.

    An instance that dies loses them with its connection. Where PostgreSQL is away, every instance
    tells of its alerts: twice is better than never.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stack = contextlib.AsyncExitStack()
        self._connection: Connection = None
        self._held: set[int] = set()

    async def take(self, number: int) -> bool:
        """Whether this instance may speak: it holds the lock, or nobody can."""
        try:
            connection = await self._connected()
            if number not in self._held:
                lock = "SELECT pg_try_advisory_lock($1, $2)"
                taken = await connection.fetchval(lock, OURS, number, timeout=PING_WAIT_S)
                self._held |= {number} if taken else set()
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            log.warning("no lock for an alert, PostgreSQL is away: %s", type(error).__name__)
            return True
        return number in self._held

    async def give_back(self, number: int) -> None:
        """Let others speak; the last one closes the connection."""
        if number not in self._held:
            return
        self._held.discard(number)
        if not self._held:
            await self.close()
            return
        with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            unlock = "SELECT pg_advisory_unlock($1, $2)"
            await self._connection.execute(unlock, OURS, number, timeout=PING_WAIT_S)

    async def close(self) -> None:
        """Give everything back."""
        self._held.clear()
        self._connection = None
        with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            await self._stack.aclose()

    async def _connected(self) -> Connection:
        if self._connection is not None and self._connection.is_closed():
            await self.close()
        if self._connection is None:
            self._connection = await self._stack.enter_async_context(self._database.aside())
        return self._connection
