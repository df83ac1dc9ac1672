"""Who may come in where only some fit: whoever came to the house first.

asyncpg's pool gives a connection to whom asks at the moment when it comes back, and who was woken
for it goes to the end of the queue: with many waiting, some wait twenty times as long as others.
Nor must a request that needs a connection more than once queue anew each time.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_arrival: ContextVar[int] = ContextVar("arrival")
_arrivals = itertools.count()


class Turnstile:
    """So many places. Those who wait come in by the order in which their tasks first came here.

    A server makes a task of each request. What works for as long as the process does therefore
    goes before all requests.
    """

    def __init__(self, places: int) -> None:
        self._places = self._free = places
        self._visits = itertools.count()
        self._queue: list[tuple[int, int, asyncio.Future[None]]] = []
        self.waiting = 0

    @property
    def inside(self) -> int:
        """How many places are taken."""
        return self._places - self._free

    @contextlib.asynccontextmanager
    async def place(self, *, timeout_s: float) -> AsyncIterator[None]:
        """A place for as long as the block runs. Raises: TimeoutError where none gets free."""
        arrival = _arrival.get(None)
        if arrival is None:
            arrival = next(_arrivals)
            _arrival.set(arrival)
        if self._free:
            self._free -= 1
        else:
            await self._wait(arrival, timeout_s)
        try:
            yield
        finally:
            self._leave()

    async def _wait(self, arrival: int, timeout_s: float) -> None:
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        heapq.heappush(self._queue, (arrival, next(self._visits), turn))
        patience = loop.call_later(timeout_s, _give_up, turn)
        self.waiting += 1
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # the place was given at the same time
                self._leave()
            raise
        finally:
            patience.cancel()
            self.waiting -= 1

    def _leave(self) -> None:
        """Hand the place to the next who still waits."""
        while self._queue:
            *_, turn = heapq.heappop(self._queue)
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1


def _give_up(turn: asyncio.Future[None]) -> None:
    if not turn.done():
        turn.set_exception(TimeoutError())
