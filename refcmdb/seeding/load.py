"""Seeding: COPY on two connections, without indexes and constraints, which come back after."""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import secrets
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from refcmdb.auth.passwords import hash_password
from refcmdb.seeding.plan import USERS, Plan
from refcmdb.seeding.rows import all_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from refcmdb.seeding.tables import TableRows

CONNECTIONS = 2
INDEX_MEMORY = "128MB"

# Constraints first: a unique constraint owns its index, a foreign key needs the other's.
_CONSTRAINTS = """
    SELECT relname,
           format('ALTER TABLE %I DROP CONSTRAINT %I', relname, conname),
           format('ALTER TABLE %I ADD CONSTRAINT %I %s', relname, conname,
                  pg_get_constraintdef(pg_constraint.oid)),
           contype = 'f'
      FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
     WHERE connamespace = current_schema()::regnamespace AND contype IN ('f', 'u', 'p')
       AND relname <> 'alembic_version'
     ORDER BY contype = 'f' DESC, relname, conname
"""
_INDEXES = """
    SELECT relname, format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
      FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
     WHERE relnamespace = current_schema()::regnamespace
       AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
     ORDER BY indrelid, indexrelid
"""


class SeedingError(Exception):
    """The database cannot be seeded as it is."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BareTables:
    """What was taken from the tables: per table its keys and indexes, and all foreign keys."""

    database_url: str
    indexes: dict[str, list[str]]
    foreign_keys: list[str]

    def complete(self, table: str) -> None:
        """Give one table its keys and indexes back."""
        _execute(self.database_url, self.indexes.pop(table, []))

    def complete_all(self) -> None:
        """Give back whatever is still missing."""
        for table in list(self.indexes):
            self.complete(table)
        _execute(self.database_url, self.foreign_keys)


def seed(database_url: str, plan: Plan) -> int:
    """Fill the migrated, empty database; returns the number of rows.

    Raises: SeedingError if it is not migrated or not empty.
    """
    require_empty(database_url)
    tables = all_rows(plan)
    with bare_tables(database_url) as bare:

        def load(table: TableRows) -> int:
            rows = copy(database_url, table)
            bare.complete(table.table)
            return rows

        rows = sum(in_parallel(load, tables)) + add_users(database_url)
    finish(database_url, tables)
    return rows


def require_empty(database_url: str) -> None:
    """Raises: SeedingError."""
    try:
        with psycopg.connect(database_url) as connection:
            row = connection.execute("SELECT EXISTS (SELECT FROM tenants)").fetchone()
    except psycopg.errors.UndefinedTable as error:
        raise SeedingError(
            "the database has no tables; run `python -m refcmdb migrate`"
        ) from error
    if row and row[0]:
        raise SeedingError("the database has rows already; seed an empty one")


@contextlib.contextmanager
def bare_tables(database_url: str) -> Iterator[BareTables]:
    """Tables without keys, constraints and indexes; they come back at the end in any case.

    If the body fails the tables are emptied first, so that nothing stands in their way.
    """
    with psycopg.connect(database_url) as connection:
        constraints = connection.execute(_CONSTRAINTS).fetchall()
        indexes = connection.execute(_INDEXES).fetchall()
        for _, drop, *_ in [*constraints, *indexes]:
            connection.execute(drop)
    bare = BareTables(database_url=database_url, indexes={}, foreign_keys=[])
    for table, _, create, is_foreign in constraints:
        wanted = bare.foreign_keys if is_foreign else bare.indexes.setdefault(table, [])
        wanted.append(create)
    for table, _, create in indexes:
        bare.indexes.setdefault(table, []).append(create)
    try:
        yield bare
    except BaseException:
        _empty(database_url)
        raise
    finally:
        bare.complete_all()


def copy(database_url: str, rows: TableRows) -> int:
    """Fill one table; returns the number of rows.

    FREEZE, in the transaction of a TRUNCATE, leaves nothing for a VACUUM to do.
    """
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FREEZE)").format(
        sql.Identifier(rows.table), sql.SQL(", ").join(map(sql.Identifier, rows.columns))
    )
    with psycopg.connect(database_url) as connection, connection.cursor() as cursor:
        cursor.execute(sql.SQL("TRUNCATE {}").format(sql.Identifier(rows.table)))
        with cursor.copy(statement) as stream:
            for block in rows.lines():
                stream.write(block)
        return cursor.rowcount


def add_users(database_url: str) -> int:
    """The users, with passwords that nobody knows; returns how many."""
    users = [(*user, hash_password(secrets.token_urlsafe(24))) for user in USERS]
    with psycopg.connect(database_url) as connection, connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO users (name, role, tenant_id, password_hash) VALUES (%s, %s, %s, %s)",
            users,
        )
    return len(users)


def finish(database_url: str, tables: Sequence[TableRows]) -> None:
    """Let the numbers go on where the rows ended, and tell the planner what is there."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        for rows in tables:
            if "id" in rows.columns:
                connection.execute(
                    sql.SQL(
                        "SELECT setval(pg_get_serial_sequence({}, 'id'), max(id)) FROM {}"
                    ).format(sql.Literal(rows.table), sql.Identifier(rows.table))
                )
    in_parallel(lambda rows: _analyze(database_url, rows.table), tables)


def in_parallel[Item, Result](
    work: Callable[[Item], Result], items: Sequence[Item]
) -> list[Result]:
    """``work`` on all ``items``, as many at a time as there are connections, first come."""
    with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as pool:
        return list(pool.map(work, items))


def _analyze(database_url: str, table: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table)))


def _execute(database_url: str, statements: Sequence[str]) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("SET maintenance_work_mem = {}").format(sql.Literal(INDEX_MEMORY))
        )
        for statement in statements:
            connection.execute(statement.encode())


def _empty(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        for rows in all_rows(Plan(devices=0, seed=0)):
            connection.execute(sql.SQL("TRUNCATE {}").format(sql.Identifier(rows.table)))
        connection.execute("TRUNCATE users")
