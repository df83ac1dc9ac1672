"""Secrets that `python -m refcmdb keys rotate` seals anew in a second.

    python -m benchmarks.rotation [--secrets 100000]

Credentials with two secrets each, sealed with an old key, are sealed with a new one. What counts
is the CPU time of the command and of PostgreSQL together: they take turns, so one core is busy.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import psycopg

from benchmarks.load import postmaster
from benchmarks.overhead import fill
from refcmdb.infrastructure import embedded
from refcmdb.models import credentials
from refcmdb.services import encryption
from refcmdb.services.encryption import KeyRing

PER_S = 10_000
DEVICES = 2000
SAID = re.compile(r"sealed ([\d,]+) secrets anew in ([\d.]+) s")
SEALED = ("secret", "snmp_community")
COPY = """
copy credentials (tenant_id, device_id, name, username, secret, snmp_community) from stdin
"""


def main() -> int:
    """Print the figure; the exit status is 1 if it is below its goal."""
    parser = argparse.ArgumentParser(description="how quickly keys are rotated")
    parser.add_argument("--secrets", type=int, default=100_000)
    options = parser.parse_args()
    old, new = (f"{name}:{encryption.new_key()}" for name in ("old", "new"))
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ro")))
        services = stack.enter_context(embedded.running(directory))
        fill(services.database_url, devices=DEVICES)
        with psycopg.connect(services.database_url, autocommit=True) as connection:
            plant(connection, KeyRing.parse(old), options.secrets)
            database = postmaster(directory)
            before = spent_s(database)
            secrets, took_s = rotated(services.database_url, f"{new},{old}")
            on_cpu_s = spent_s(database) - before
            expected = options.secrets // 2 * 2
            if secrets < expected:
                raise SystemExit(f"{secrets:,} of {expected:,} secrets were sealed anew")
    rate = secrets / on_cpu_s
    figures = f"{rate:,.0f} per CPU-second, {rate / PER_S:.2f} of {PER_S:,}"
    print(f"{secrets:,} secrets in {took_s:.1f} s, {on_cpu_s:.1f} s of CPU: {figures}")
    return int(rate < PER_S)


def spent_s(database: psutil.Process) -> float:
    """The CPU time of PostgreSQL and of ended children of this process."""
    mine = psutil.Process().cpu_times()
    own = database.cpu_times()
    ended = [mine.children_user, mine.children_system, own.children_user, own.children_system]
    alive = [sum(process.cpu_times()[:2]) for process in (database, *database.children())]
    return sum(ended) + sum(alive)


def plant(connection: psycopg.Connection, keys: KeyRing, secrets: int) -> None:
    """Credentials of devices, two secrets in each."""
    devices = connection.execute("select id, tenant_id from devices order by id").fetchall()
    with connection.cursor() as cursor, cursor.copy(COPY) as rows:
        for number in range(secrets // 2):
            device, tenant = devices[number % len(devices)]
            places = (encryption.place(credentials.name, column, tenant) for column in SEALED)
            sealed = (keys.seal(f"secret-{number}", place=place) for place in places)
            rows.write_row((tenant, device, f"planted-{number}", "netops", *sealed))
    connection.execute("vacuum analyze credentials")


def rotated(database_url: str, keys: str) -> tuple[int, float]:
    """How many secrets the command sealed, and in how many seconds."""
    environment = os.environ | {"REFCMDB_DATABASE_URL": database_url, "REFCMDB_KEYS": keys}
    command = [sys.executable, "-m", "refcmdb", "keys", "rotate"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    said = SAID.search(done.stderr)
    if done.returncode or said is None:
        raise SystemExit(f"keys rotate ended with {done.returncode}: {done.stderr}")
    return int(said[1].replace(",", "")), float(said[2])


if __name__ == "__main__":
    sys.exit(main())
