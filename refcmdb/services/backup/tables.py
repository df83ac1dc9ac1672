"""What the tables of a database hold, in a form that can be compared later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from refcmdb.services.backup.records import Table

if TYPE_CHECKING:
    from refcmdb.services.backup.records import Record

# So that the same row is the same text, whatever the server's own settings are.
SPELLING = """
    SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO'; SET LOCAL IntervalStyle = 'postgres';
    SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1;
    SET LOCAL statement_timeout = 0
"""
NAMES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
# A sum, because rows have no order.
CONTENT = """
    SELECT count(*), coalesce(sum(hashtextextended(whole::text, 0)), 0)::text
      FROM public.{} AS whole
"""


def content(connection: psycopg.Connection[tuple[Any, ...]]) -> dict[str, Table]:
    """All tables of the schema ``public`` at one moment. Raises: psycopg.Error."""
    found = {}
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        connection.execute(SPELLING)
        for (name,) in connection.execute(NAMES).fetchall():
            cursor = connection.execute(sql.SQL(CONTENT).format(sql.Identifier(name)))
            rows, checksum = cursor.fetchall()[0]
            found[name] = Table(rows=rows, checksum=checksum)
    return found


def differing(record: Record, found: dict[str, Table]) -> list[str]:
    """The tables that are not what the backup says; those that were written to must exist."""
    changed = {name for name, table in record.tables.items() if found.get(name) != table}
    return sorted(changed | (set(record.moving) - set(found)))
