"""The requests whose speed counts: what a target calls list, filter, search and detail."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from .errors import GuardError
from .model import Operation

if TYPE_CHECKING:
    from .model import Exchange
    from .probes.client import Api

SPIN = 2_000_000


class WrongAnswer(GuardError):
    """A request that is being timed did not succeed, so its time means nothing."""


class SpeedCase:
    """One kind of request with many values, asked one after another as one actor.

    ``last`` is the latest exchange; ``operation`` is what the request belongs to.
    """

    def __init__(self, name: str, urls: Sequence[str], api: Api) -> None:
        self.name = name
        self._api = api
        self._urls: Iterator[str] = itertools.cycle(urls)
        path = urls[0].partition("?")[0]
        self.operation = Operation(id=name, method="GET", path=path)
        self.last: Exchange | None = None

    def ask(self) -> None:
        """Send the next request.

        Raises: WrongAnswer unless it succeeds.
        """
        url = next(self._urls)
        self.last = self._api.get(url)
        if self.last.status != 200:
            raise WrongAnswer(f"GET {url} answered HTTP {self.last.status} while it was timed")

    @staticmethod
    def contention() -> float:
        """How much longer than its CPU time a spin of this process takes now; 1.0 is alone."""
        wall, cpu = time.perf_counter(), time.thread_time()
        for _ in range(SPIN):
            pass
        return (time.perf_counter() - wall) / max(time.thread_time() - cpu, 1e-9)
