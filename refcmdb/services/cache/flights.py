"""Single flight: what several ask for at the same time is computed once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Hashable


class Flights:
    """Computations under way in this process."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, asyncio.Task[bytes]] = {}

    async def join(
        self, name: Hashable, compute: Callable[[], Coroutine[object, object, bytes]]
    ) -> tuple[bytes, bool]:
        """What ``compute`` returns or raises, and whether somebody else had begun it.

        Who goes away leaves it to the others.
        """
        task = self._under_way.get(name)
        joined = task is not None
        if task is None:
            task = asyncio.create_task(compute())
            self._under_way[name] = task
            task.add_done_callback(lambda done: self._landed(name, done))
        return await asyncio.shield(task), joined

    def _landed(self, name: Hashable, task: asyncio.Task[bytes]) -> None:
        del self._under_way[name]
        if not task.cancelled():
            task.exception()  # told to those who wait; nobody may be left
