"""Connections to PostgreSQL that stay open from one use to the next."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

CLOSE_WAIT_S = 0.3
# A firewall may have forgotten a connection on which nothing was said for longer.
IDLE_S = 300

# asyncpg has no types.
Connection = Any


class Pool:
    """What was used last is taken first; how many are in use at once others see to.

    asyncpg's own pool makes a task, two futures and a timer of every use, which is a tenth of what
    a request costs here.
    """

    def __init__(self, connect: Callable[[], Awaitable[Connection]]) -> None:
        self._connect = connect
        self._open: set[Connection] = set()
        self._idle: list[tuple[Connection, float]] = []

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """One that nobody else uses, for as long as the block runs.

        Raises: OSError or asyncpg.PostgresError where a new one is needed and cannot be had.
        """
        connection = await self._taken()
        try:
            yield connection
        except (asyncio.CancelledError, TimeoutError):
            connection.terminate()  # what it was told last may be under way still
            raise
        finally:
            self._give_back(connection)

    async def close(self) -> None:
        """Disconnect, within CLOSE_WAIT_S; statements that still run are cancelled."""
        self._idle.clear()
        closing = [connection.close(timeout=CLOSE_WAIT_S) for connection in self._open]
        self._open = set()
        await asyncio.gather(*closing, return_exceptions=True)

    async def _taken(self) -> Connection:
        while self._idle:
            connection, since = self._idle.pop()
            if not connection.is_closed() and time.monotonic() - since < IDLE_S:
                return connection
            self._end(connection)
        connection = await self._connect()
        self._open.add(connection)
        return connection

    def _give_back(self, connection: Connection) -> None:
        """Let others use it, unless it broke or somebody was stopped amid a transaction."""
        if connection.is_closed() or connection.is_in_transaction():
            self._end(connection)
            return
        now = time.monotonic()
        self._idle.append((connection, now))
        while now - self._idle[0][1] > IDLE_S:  # left over from busier times
            self._end(self._idle.pop(0)[0])

    def _end(self, connection: Connection) -> None:
        self._open.discard(connection)
        connection.terminate()
