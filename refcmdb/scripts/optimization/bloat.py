"""Tables with many dead rows, which cost space and time until they are vacuumed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

TABLES = """
    SELECT relname, n_live_tup, n_dead_tup, pg_total_relation_size(relid),
           greatest(last_vacuum, last_autovacuum)::text
      FROM pg_stat_user_tables
     WHERE schemaname = 'public' AND n_dead_tup >= %s AND n_dead_tup >= %s * n_live_tup
     ORDER BY n_dead_tup DESC, relname
"""
# Autovacuum begins at a fifth: who has more has not been vacuumed for some reason.
DEAD_PER_LIVE = 0.2
FEWEST_DEAD = 1000


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A table in need of VACUUM; ``vacuumed`` is None where it never was."""

    table: str
    live_rows: int
    dead_rows: int
    size_bytes: int
    vacuumed: str | None


def report(connection: Connection) -> list[Table]:
    """By the server's statistics, the most dead rows first. Raises: psycopg.Error."""
    return [
        Table(table=table, live_rows=live, dead_rows=dead, size_bytes=size, vacuumed=vacuumed)
        for table, live, dead, size, vacuumed in connection.execute(
            TABLES, (FEWEST_DEAD, DEAD_PER_LIVE)
        )
    ]
