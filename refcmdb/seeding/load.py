"""Seeding: COPY on two connections, without indexes and constraints, which come back after."""

from __future__ import annotations

import concurrent.futures
import contextlib
import secrets
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from refcmdb.auth.passwords import hash_password
from refcmdb.seeding.plan import USERS, Plan
from refcmdb.seeding.rows import TableRows, all_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

CONNECTIONS = 2
INDEX_MEMORY = "128MB"

# Constraints first: a unique constraint owns its index, a foreign key needs the other's.
_CONSTRAINTS = """
    SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
           format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname,
                  pg_get_constraintdef(oid)),
           contype = 'f', pg_relation_size(conrelid)
      FROM pg_constraint
     WHERE connamespace = current_schema()::regnamespace AND contype IN ('f', 'u', 'p')
       AND conrelid::regclass::text <> 'alembic_version'
     ORDER BY contype = 'f' DESC, conrelid, conname
"""
_INDEXES = """
    SELECT format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
      FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
     WHERE relnamespace = current_schema()::regnamespace
       AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
     ORDER BY indrelid, indexrelid
"""


class SeedingError(Exception):
    """The database cannot be seeded as it is."""


def seed(database_url: str, plan: Plan) -> int:
    """Fill the migrated, empty database; returns the number of rows.

    Raises: SeedingError if it is not migrated or not empty.
    """
    require_empty(database_url)
    tables = all_rows(plan)
    with bare_tables(database_url):
        rows = sum(in_parallel(lambda table: copy(database_url, table), tables))
        rows += add_users(database_url)
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
def bare_tables(database_url: str) -> Iterator[None]:
    """Tables without keys, constraints and indexes; they come back at the end in any case.

    If the body fails the tables are emptied first, so that nothing stands in their way.
    """
    with psycopg.connect(database_url) as connection:
        constraints = connection.execute(_CONSTRAINTS).fetchall()
        indexes = connection.execute(_INDEXES).fetchall()
        for drop, *_ in [*constraints, *indexes]:
            connection.execute(drop)
    try:
        yield
    except BaseException:
        _empty(database_url)
        raise
    finally:
        foreign = [create for _, create, is_foreign, _ in constraints if is_foreign]
        keys = [create for _, create, is_foreign, _ in constraints if not is_foreign]
        _build(database_url, [*keys, *(create for _, create in indexes)], foreign)


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


def _build(database_url: str, indexes: Sequence[str], foreign: Sequence[str]) -> None:
    in_parallel(lambda statement: _execute(database_url, statement), indexes)
    for statement in foreign:
        _execute(database_url, statement)


def _execute(database_url: str, statement: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("SET maintenance_work_mem = {}").format(sql.Literal(INDEX_MEMORY))
        )
        connection.execute(statement.encode())


def _empty(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        for rows in all_rows(Plan(devices=0, seed=0)):
            connection.execute(sql.SQL("TRUNCATE {}").format(sql.Identifier(rows.table)))
        connection.execute("TRUNCATE users")
