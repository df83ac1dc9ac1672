"""The slow statements of a process, examined: plan, and the index that would help."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import time
from typing import TYPE_CHECKING

import asyncpg

from refcmdb.monitoring import indexes
from refcmdb.monitoring.slow_queries import plan_of, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from refcmdb.monitoring.indexes import Proof
    from refcmdb.monitoring.slow_queries import SlowQueries, SlowQuery
    from refcmdb.services.database import Database
    from refcmdb.services.pool import Connection

log = logging.getLogger(__name__)

MOST = 5  # statements in a report
FRESH_S = 3600  # for how long what was found out of a statement counts


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A slow statement with its plan; ``problem`` says why there is none, or no suggestion."""

    query: SlowQuery
    plan: Sequence[str] = ()
    proof: Proof | None = None
    problem: str | None = None
    at_s: float = dataclasses.field(default_factory=time.monotonic)


class Advisor:
    """Examines one statement after the other, each at most once in FRESH_S."""

    def __init__(self, database: Database, slow: SlowQueries) -> None:
        self._database, self.slow = database, slow
        self._known: dict[str, Examined] = {}
        self._busy = asyncio.Lock()

    async def examined(self) -> list[Examined]:
        """The slowest statements.

        Raises: OSError or asyncpg.PostgresError where the database cannot be reached.
        """
        worst = self.slow.worst(MOST)
        async with self._busy:
            stale = [query for query in worst if not self._is_known(query)]
            if stale:
                async with self._database.aside() as connection:
                    for query in stale:
                        self._known[query.text] = await _examine(connection, query)
        texts = [query.text for query in worst]
        self._known = {text: self._known[text] for text in texts}
        return [self._known[text] for text in texts]

    def _is_known(self, query: SlowQuery) -> bool:
        found = self._known.get(query.text)
        return found is not None and time.monotonic() - found.at_s < FRESH_S


async def _examine(connection: Connection, query: SlowQuery) -> Examined:
    plan = None
    try:
        plan = await plan_of(connection, query)
        proof = await indexes.best(connection, query, plan)
    except asyncpg.PostgresError as error:
        log.warning("a slow statement cannot be examined: %s", error)
        problem = "PostgreSQL refused to plan it or to prove an index; the log says why"
        return Examined(query=query, plan=shown(plan) if plan else (), problem=problem)
    return Examined(query=query, plan=shown(plan), proof=proof)
