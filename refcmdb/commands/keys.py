"""``keys``: a new key, which keys seal how many secrets, and sealing all with the current one."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from refcmdb import models
from refcmdb.api.registry import RESOURCES
from refcmdb.commands import complain
from refcmdb.services import encryption
from refcmdb.services.backup import BackupProblem, BackupService
from refcmdb.services.encryption import KeyProblem
from refcmdb.settings import Settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

Connection = psycopg.Connection[tuple[Any, ...]]

BATCH_ROWS = 1000
# By number, behind the last one: no secret is looked at twice.
STALE = """
    SELECT id, tenant_id, {column} FROM {table}
     WHERE id > %s AND substring({column} FROM 1 FOR {length}) <> %s ORDER BY id LIMIT %s
"""
# Only where nobody changed the secret in the meantime.
RESEAL = """
    UPDATE {table} SET {column} = new.after
      FROM unnest(%s::bigint[], %s::bytea[], %s::bytea[]) AS new(id, before, after)
     WHERE {table}.id = new.id AND {table}.{column} = new.before
"""
COUNTS = """
    SELECT convert_from(substring({column} FROM 3 FOR get_byte({column}, 1)), 'UTF8'), count(*)
      FROM {table} WHERE {column} IS NOT NULL GROUP BY 1
"""


def run(options: argparse.Namespace) -> int:
    """``new`` prints a key; ``status`` counts envelopes by key; ``rotate`` seals them anew."""
    if options.action == "new":
        sys.stdout.write(encryption.new_key() + "\n")
        return 0
    settings = Settings.from_environment()
    try:
        with psycopg.connect(settings.database_url, autocommit=True) as connection:
            if options.action == "status":
                return _tell(connection, settings)
            return _rotate(connection, settings)
    except (psycopg.Error, BackupProblem, OSError) as error:
        return complain(error)
    except KeyProblem as error:
        return complain(f"{error}; nothing that was sealed is lost, correct REFCMDB_KEYS")


def sealed_columns() -> Iterator[tuple[str, str]]:
    """Table and column of every secret."""
    for resource in RESOURCES.values():
        for name in sorted(resource.sealed):
            yield models.metadata.tables[resource.name].name, name


def _tell(connection: Connection, settings: Settings) -> int:
    counts: dict[str, int] = dict.fromkeys(settings.keys.keys, 0)
    for table, column in sealed_columns():
        for key, number in connection.execute(_named(COUNTS, table, column)):
            counts[key] = counts.get(key, 0) + number
    told = {
        "current": next(iter(settings.keys.keys), None),
        "secrets": counts,
        "unreadable": sum(n for key, n in counts.items() if key not in settings.keys.keys),
        **({"backups": BackupService(settings).keys()} if settings.backups else {}),
    }
    sys.stdout.write(json.dumps(told) + "\n")
    return 0


def _rotate(connection: Connection, settings: Settings) -> int:
    """Batch by batch, each committed: ended at any moment, it goes on where it was."""
    began, number = time.perf_counter(), 0
    for table, column in sealed_columns():
        last = 0
        while rows := _stale(connection, settings, table, column, last):
            last = rows[-1][0]
            number += _reseal(connection, settings, table, column, rows)
    elapsed_s = time.perf_counter() - began
    sys.stderr.write(f"refcmdb: sealed {number:,} secrets anew in {elapsed_s:.1f} s\n")
    return 0


def _stale(
    connection: Connection, settings: Settings, table: str, column: str, last: int
) -> list[tuple[Any, ...]]:
    prefix = encryption.prefix(settings.keys.current)
    statement = _named(STALE, table, column, length=len(prefix))
    return connection.execute(statement, (last, prefix, BATCH_ROWS)).fetchall()


def _reseal(
    connection: Connection,
    settings: Settings,
    table: str,
    column: str,
    rows: list[tuple[Any, ...]],
) -> int:
    keys, numbers, before, after = settings.keys, [], [], []
    for number, owner, envelope in rows:
        place = encryption.place(table, column, owner)
        numbers.append(number)
        before.append(envelope)
        after.append(keys.seal(keys.open(envelope, place=place), place=place))
    done = connection.execute(_named(RESEAL, table, column), (numbers, before, after))
    return done.rowcount


def _named(text: str, table: str, column: str, *, length: int = 0) -> sql.Composed:
    return sql.SQL(text).format(
        table=sql.Identifier(table), column=sql.Identifier(column), length=sql.Literal(length)
    )
