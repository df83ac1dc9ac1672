"""Index suggestions, each proved: the index is created for real, on a copy of its table.

The copy is a temporary table of the same name, which hides the table from this connection alone.
The statement is planned before and after on the same rows; then everything is rolled back. Nobody
else waits for it, and nothing stays.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import re
from typing import TYPE_CHECKING

from refcmdb.monitoring.slow_queries import nodes, plan_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from refcmdb.monitoring.slow_queries import Node, SlowQuery
    from refcmdb.services.pool import Connection

MOST_ROWS = 200_000  # that a copy has
MOST_CANDIDATES = 4  # that are tried for a statement
WORTH = 0.5  # of the cost before, at most
_COPY = """
    CREATE TEMP TABLE {table} (LIKE {schema}.{table} INCLUDING ALL EXCLUDING STATISTICS)
"""
_FILL = "INSERT INTO pg_temp.{table} ({columns}) SELECT {columns} FROM {schema}.{table} LIMIT $1"
_COLUMNS = """
    SELECT attname FROM pg_attribute
     WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
     ORDER BY attnum
"""
# A column as PostgreSQL writes it in a condition: qualified, in parentheses where it is cast.
_COLUMN = r'\(?\b{alias}\."?(\w+)"?\)?(?:::[\w ]+)?'
_EQUAL = _COLUMN + " = "
_RANGE = _COLUMN + " [<>]=? "
_PATTERN = _COLUMN + r" ~~\*? "


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An index that might help. Its names come from PostgreSQL's own plan."""

    schema: str
    table: str
    columns: tuple[str, ...]
    trigrams: bool = False

    @property
    def definition(self) -> str:
        """The statement that creates it."""
        return f"CREATE INDEX ON {self._on(f'{quoted(self.schema)}.{quoted(self.table)}')}"

    @property
    def on_the_copy(self) -> str:
        """The same for the copy."""
        return f"CREATE INDEX ON {self._on(f'pg_temp.{quoted(self.table)}')}"

    def _on(self, table: str) -> str:
        names = ", ".join(quoted(name) for name in self.columns)
        return (
            f"{table} USING gin ({names} gin_trgm_ops)" if self.trigrams else f"{table} ({names})"
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What the planner said of a statement without and with the index, on ``rows`` rows."""

    candidate: Candidate
    rows: int
    cost_before: float
    cost_after: float
    plan_after: Node


def candidates(plan: Node) -> Iterator[Candidate]:
    """What might help the scans of a plan that read rows and then throw them away."""
    order: list[str] = next(
        (n["Sort Key"] for _, n in nodes(plan) if n["Node Type"] == "Sort"), []
    )
    for _, node in nodes(plan):
        condition = f"{node.get('Filter', '')} "
        if "Relation Name" in node and condition.strip():
            yield from _for_scan(node, condition, order)


def _for_scan(node: Node, condition: str, order: Sequence[str]) -> Iterator[Candidate]:
    table = (node["Schema"], node["Relation Name"])
    alias = node["Alias"]

    def named(pattern: str, text: str) -> list[str]:
        found = re.findall(pattern.replace("{alias}", re.escape(alias)), text)
        return list(dict.fromkeys(found))

    equal, ranged = named(_EQUAL, condition), named(_RANGE, condition)
    index_condition = named(_EQUAL, f"{node.get('Index Cond', '')} ")
    sorted_by = named("^" + _COLUMN, order[0]) if order else []
    for last in dict.fromkeys([tuple(sorted_by[:1]), tuple(ranged[:1]), ()]):
        columns = tuple(dict.fromkeys([*index_condition, *equal, *last]))
        if columns:
            yield Candidate(schema=table[0], table=table[1], columns=columns)
    for column in named(_PATTERN, condition):
        yield Candidate(schema=table[0], table=table[1], columns=(column,), trigrams=True)


async def best(connection: Connection, query: SlowQuery, plan: Node) -> Proof | None:
    """The candidate that helps most, None where none makes the statement WORTH the index."""
    tried = [
        await prove(connection, query, candidate)
        for candidate in itertools.islice(dict.fromkeys(candidates(plan)), MOST_CANDIDATES)
    ]
    worthy = [proof for proof in tried if proof.cost_after <= WORTH * proof.cost_before]
    return min(worthy, key=lambda proof: proof.cost_after, default=None)


async def prove(connection: Connection, query: SlowQuery, candidate: Candidate) -> Proof:
    """Create the index on a copy, and see.

    Raises: asyncpg.PostgresError where the role may not create temporary tables.
    """
    async with _rolled_back(connection):
        rows = await _copy(connection, candidate)
        before = await plan_of(connection, query)
        await connection.execute(candidate.on_the_copy)
        after = await plan_of(connection, query)
    return Proof(
        candidate=candidate,
        rows=rows,
        cost_before=before["Total Cost"],
        cost_after=after["Total Cost"],
        plan_after=after,
    )


async def _copy(connection: Connection, candidate: Candidate) -> int:
    schema, table = quoted(candidate.schema), quoted(candidate.table)
    rows = await connection.fetch(_COLUMNS, f"{schema}.{table}")
    columns = ", ".join(quoted(name) for (name,) in rows)
    await connection.execute(_COPY.format(schema=schema, table=table))
    fill = _FILL.format(schema=schema, table=table, columns=columns)
    status: str = await connection.execute(fill, MOST_ROWS)
    await connection.execute(f"ANALYZE pg_temp.{table}")
    return int(status.rpartition(" ")[2])


@contextlib.asynccontextmanager
async def _rolled_back(connection: Connection) -> AsyncIterator[None]:
    transaction = connection.transaction()
    await transaction.start()
    try:
        yield
    finally:
        await transaction.rollback()


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'
