"""What a request makes the database do: its statements, how many, and how they are run."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from pytest_cmdbguard.errors import GuardError
from pytest_cmdbguard.witnesses import plans
from pytest_cmdbguard.witnesses.database import connect

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_cmdbguard.model import Exchange, Operation, Parameter
    from pytest_cmdbguard.probes.client import Api
    from pytest_cmdbguard.probes.surroundings import Surroundings
    from pytest_cmdbguard.witnesses.plans import ReadThrough
    from pytest_cmdbguard.witnesses.sql import SqlWitness, Statement

SIZE_STEP = 7
SHOWN = 200
WITHOUT_PLAN = frozenset({"25006", "42601"})  # read_only_sql_transaction, syntax_error of PREPARE


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """The statements of a request: how many touch a large table, and which read through it."""

    explained: int
    scans: tuple[ReadThrough, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a list: its items, and the statements it took."""

    items: int
    statements: int
    most_repeated: str
    exchange: Exchange


class PlanReader:
    """Reads from the SQL witness what requests of one actor cost in statements and scans."""

    def __init__(
        self, sql: SqlWitness, admin_url: str, api: Api, surroundings: Surroundings
    ) -> None:
        self._sql, self._api, self._surroundings = sql, api, surroundings
        self._engine = connect(admin_url)
        self._sizes_used: Counter[str] = Counter()

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def of(self, ask: Callable[[], object], *, large_rows: int) -> Observed:
        """How the statements of one request treat the tables with at least so many rows."""
        sizes = plans.large_tables(self._engine, minimum_rows=large_rows)
        mark = self._sql.mark()
        ask()
        seen = {s.text: s for s in self._sql.since(mark) if s.kind == "statement"}
        scans: list[ReadThrough] = []
        explained = 0
        for statement in seen.values():
            if not any(name in statement.text for name in sizes):
                continue
            plan = self._explain(statement)
            if plan is not None:
                explained += 1
                scans += plans.read_through(plan, sizes, statement=statement.text)
        return Observed(explained=explained, scans=tuple(scans))

    def _explain(self, statement: Statement) -> plans.Json | None:
        """The plan of a reading statement; None for one that writes or has no plan (LOCK).

        Raises: GuardError for one that cannot be run again: silence would pass it.
        """
        try:
            return plans.explain(self._engine, statement.text, statement.parameters)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", "") in WITHOUT_PLAN:
                return None
            problem = str(error.orig).splitlines()[0]
            words = f"a statement cannot be explained ({problem}): {statement.text[:SHOWN]}"
            raise GuardError(words) from None

    def page(self, operation: Operation, size: Parameter, *, items: int) -> Page:
        """A page that no cache knows yet: every call asks for a size that was not asked before."""
        self._sizes_used[f"{operation.id} {items}"] += SIZE_STEP
        wanted = items + self._sizes_used[f"{operation.id} {items}"] - SIZE_STEP
        values = self._surroundings.values(operation) | {("query", size.name): wanted}
        mark = self._sql.mark()
        exchange = self._api.send(operation, values)
        texts = Counter(s.text for s in self._sql.since(mark) if s.kind == "statement")
        repeated, times = max(texts.items(), key=lambda pair: pair[1], default=("", 0))
        return Page(
            items=_count(exchange.body),
            statements=texts.total(),
            most_repeated=f"{times} times {repeated[:200]}",
            exchange=exchange,
        )


def _count(body: bytes) -> int:
    """How many items a list answer holds."""
    try:
        found = json.loads(body)
    except ValueError:
        return 0
    if isinstance(found, dict):
        found = next((value for value in found.values() if isinstance(value, list)), [])
    return len(found) if isinstance(found, list) else 0
