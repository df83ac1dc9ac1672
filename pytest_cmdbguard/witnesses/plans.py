"""How PostgreSQL runs the statements that the target sent: which tables it reads through.

A sequential scan is no evil by itself: PostgreSQL prefers it on small tables, and a page of the
first fifty rows may end it early. So a statement is run again, by the witness, in a read-only
transaction with sequential scans made unattractive (``enable_seqscan = off``): where one remains,
or where an index is walked from end to end only to throw the rows away, there is no usable index.
"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Json = dict[str, Any]
PARAMETER = re.compile(r"\$(\d+) = (NULL|'(?:[^']|'')*')")
READ_THROUGH = 0.5
PREPARED = "SELECT name FROM pg_prepared_statements WHERE name ="


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ReadThrough:
    """A scan that read most of a large table; ``examined`` of ``rows`` rows, for ``kept``."""

    table: str
    node: str
    examined: int
    kept: int
    rows: int
    condition: str
    statement: str

    def __str__(self) -> str:
        words = f"{self.node} on {self.table}: examined {self.examined:,} of {self.rows:,} rows"
        return f"{words}, kept {self.kept:,}" + (f"; {self.condition}" if self.condition else "")


def large_tables(engine: sa.Engine, *, minimum_rows: int) -> dict[str, int]:
    """Name to estimated row count of the user tables that have at least so many rows."""
    query = sa.text(
        "SELECT relname, reltuples::bigint FROM pg_class JOIN pg_namespace n "
        "ON n.oid = relnamespace WHERE relkind IN ('r', 'p') AND reltuples >= :minimum "
        "AND nspname NOT IN ('pg_catalog', 'information_schema', 'cmdbguard')"
    )
    with engine.connect() as connection:
        found = connection.execute(query, {"minimum": minimum_rows})
        return {name: int(rows) for name, rows in found}


def explain(engine: sa.Engine, text: str, parameters: str) -> Json:
    """The executed plan of a statement as it was logged, with sequential scans discouraged.

    Args:
        engine: of the witnesses (autocommit).
        text: the statement, with ``$1`` for its parameters.
        parameters: the DETAIL of its log line (``Parameters: $1 = 'x', $2 = NULL``).

    Raises:
        sqlalchemy.exc.DBAPIError: it cannot be run again, for instance because it writes.
    """
    values = [value for _, value in PARAMETER.findall(parameters)]
    call = "EXECUTE cmdbguard_again" + (f"({', '.join(values)})" if values else "")
    with engine.connect() as connection:
        run = connection.execution_options(no_parameters=True).exec_driver_sql
        run("BEGIN READ ONLY")
        try:
            run("SET LOCAL enable_seqscan = off")
            run("SET LOCAL plan_cache_mode = force_custom_plan")
            run("SET LOCAL max_parallel_workers_per_gather = 0")
            run(f"PREPARE cmdbguard_again AS {text}")
            plans = run(f"EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF) {call}").scalar_one()
        finally:
            run("ROLLBACK")  # forgets no prepared statement
            # DEALLOCATE ALL would take those of the driver, which relies on them.
            if run(f"{PREPARED} 'cmdbguard_again'").first():
                run("DEALLOCATE cmdbguard_again")
    return dict(plans[0]["Plan"])


def read_through(plan: Json, sizes: Mapping[str, int], *, statement: str) -> Iterator[ReadThrough]:
    """The scans in a plan that read most of a large table.

    Args:
        plan: as :func:`explain` gives it.
        sizes: the large tables and their row counts.
        statement: the text the plan belongs to.
    """
    for node in _nodes(plan):
        rows = sizes.get(node.get("Relation Name", ""))
        if rows is None:
            continue
        scan = _scan(node, rows, statement)
        is_sequential = node["Node Type"] in {"Seq Scan", "Sample Scan"}
        discards = scan.examined - scan.kept
        if is_sequential or discards >= READ_THROUGH * rows:
            yield scan


def _scan(node: Json, rows: int, statement: str) -> ReadThrough:
    loops = node.get("Actual Loops", 1)
    kept = node.get("Actual Rows", 0) * loops
    removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    conditions = [node[key] for key in ("Index Cond", "Recheck Cond", "Filter") if key in node]
    return ReadThrough(
        table=node["Relation Name"],
        node=node["Node Type"],
        examined=int(kept + removed * loops),
        kept=int(kept),
        rows=rows,
        condition=" and ".join(conditions),
        statement=statement,
    )


def _nodes(plan: Json) -> Iterator[Json]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)
