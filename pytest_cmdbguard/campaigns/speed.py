"""The requests whose speed counts: what a target calls list, filter, search and detail."""

from __future__ import annotations

import itertools
import re
import statistics
import time
from typing import TYPE_CHECKING
from urllib.parse import quote

import sqlalchemy as sa

from pytest_cmdbguard.errors import GuardError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_cmdbguard.model import Exchange, Operation
    from pytest_cmdbguard.probes.client import Api
    from pytest_cmdbguard.targets import SpeedCase

SPIN, SPINS = 1_000_000, 7
SEARCH = "search"


class WrongAnswer(GuardError):
    """A request that is being timed did not succeed, so its time means nothing."""


class Asker:
    """Asks one kind of request with many values, one after another, as one actor.

    ``operation`` is what the requests belong to, ``last`` the latest exchange.
    """

    def __init__(
        self, name: str, case: SpeedCase, operation: Operation, *, engine: sa.Engine, api: Api
    ) -> None:
        self.name, self.operation = name, operation
        self.last: Exchange | None = None
        self._api = api
        self._urls: Iterator[str] = itertools.cycle(_urls(case, engine))

    def ask(self) -> None:
        """Send the next request.

        Raises: WrongAnswer unless it succeeds.
        """
        url = next(self._urls)
        self.last = self._api.get(url)
        if self.last.status != 200:
            raise WrongAnswer(f"GET {url} answered HTTP {self.last.status} while it was watched")


def _urls(case: SpeedCase, engine: sa.Engine) -> list[str]:
    """Path and query for every row of values that the database has.

    Raises: WrongAnswer when there is none, a place in the path has no column, or PostgreSQL
    refuses the query.
    """
    try:
        with engine.connect() as connection:
            run = connection.execution_options(no_parameters=True).exec_driver_sql
            rows = run(case.values).mappings().all()
    except sa.exc.DBAPIError as error:
        problem = str(error.orig).splitlines()[0]
        raise WrongAnswer(f"{case.path}: the SQL for its values is refused: {problem}") from None
    places = set(re.findall(r"\{(\w+)\}", case.path))
    if not rows or not places <= set(rows[0]):
        raise WrongAnswer(f"{case.path}: the database gives no values for {sorted(places)}")
    return [
        case.path.format_map({name: quote(str(row[name]), safe="") for name in places})
        for row in rows
    ]


def contention() -> float:
    """How much longer than its CPU time a spin of this process takes now; 1.0 is undisturbed.

    The median of some spins: one alone is as long as a time slice, and tells of a single switch.
    """
    return statistics.median(_spin() for _ in range(SPINS))


def _spin() -> float:
    wall, cpu = time.perf_counter(), time.thread_time()
    for _ in range(SPIN):
        pass
    return (time.perf_counter() - wall) / max(time.thread_time() - cpu, 1e-9)
