"""The statements that take the most time, as pg_stat_statements counted them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

MOST = 20
LOADED = "SELECT 1 FROM pg_extension WHERE extname = 'pg_stat_statements'"
HOW = "add pg_stat_statements to shared_preload_libraries, restart, CREATE EXTENSION it"
STATEMENTS = """
    SELECT query, calls, total_exec_time, mean_exec_time, max_exec_time, rows,
           shared_blks_read + shared_blks_hit,
           total_exec_time / nullif(sum(total_exec_time) OVER (), 0)
      FROM pg_stat_statements
     WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
     ORDER BY total_exec_time DESC LIMIT %s
"""


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """Times are milliseconds, ``share`` is of all statements of this database, 0 to 1."""

    query: str
    calls: int
    total_ms: float
    mean_ms: float
    max_ms: float
    rows: int
    blocks_per_call: float
    share: float


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """``unavailable`` says what to do where nobody counts."""

    unavailable: str
    statements: list[Statement]


def report(connection: Connection, *, slower_than_ms: float) -> Report:
    """Those with a mean above ``slower_than_ms``. Raises: psycopg.Error."""
    if not connection.execute(LOADED).fetchall():
        return Report(unavailable=HOW, statements=[])
    found = [
        Statement(
            query=" ".join(query.split()),
            calls=calls,
            total_ms=round(total_ms, 3),
            mean_ms=round(mean_ms, 3),
            max_ms=round(max_ms, 3),
            rows=rows,
            blocks_per_call=round(blocks / max(calls, 1), 1),
            share=round(share or 0, 4),
        )
        for query, calls, total_ms, mean_ms, max_ms, rows, blocks, share in connection.execute(
            STATEMENTS, (MOST,)
        )
        if mean_ms > slower_than_ms
    ]
    return Report(unavailable="", statements=found)
