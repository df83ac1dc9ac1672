"""Clusters of PostgreSQL that a test has for itself, and may lose."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import hashlib
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from refcmdb.infrastructure import embedded
from refcmdb.services.backup import records
from refcmdb.services.backup.records import Record
from refcmdb.services.encryption import new_key
from refcmdb.services.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Iterator

KEYS = f"one:{new_key()}"
ATTACHMENT = """
    INSERT INTO attachments (tenant_id, device_id, name, media_type, size_bytes, sha256, stored)
    SELECT tenant_id, id, %s, 'text/plain', %s, %s, %s FROM devices ORDER BY id LIMIT 1
"""


@dataclasses.dataclass
class Cluster:
    """A cluster of its own, that may be lost."""

    directory: Path
    process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return f"postgresql://cmdb@/cmdb?host={self.directory}"

    @property
    def server_url(self) -> str:
        return f"postgresql://cmdb@/postgres?host={self.directory}"

    @property
    def storage(self) -> Path:
        return self.directory / "files"

    def start(self, data: Path) -> None:
        program = embedded.postgresql_programs() / "postgres"
        place = ["-D", data, "-k", self.directory, "-clisten_addresses=", "-cfsync=off"]
        log = self.directory / "log"
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [*embedded.not_root(), program, *place], stdout=output, stderr=output
            )
        embedded.wait_until(lambda: embedded.answers(self.server_url), self.process, log)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)

    def execute(self, statement: str, *values) -> list[tuple]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    def attach(self, content: bytes) -> str:
        """An attachment, as the application makes them; its name in the storage directory."""
        stored = Storage(self.storage).keep(content)
        digest = hashlib.sha256(content).hexdigest()
        self.execute(ATTACHMENT, "notes.txt", len(content), digest, stored)
        return stored

    def rows(self) -> dict[str, list[str]]:
        """All rows of all tables as text."""
        names = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        return {
            name: sorted(text for (text,) in self.execute(f'SELECT t::text FROM "{name}" AS t'))
            for (name,) in self.execute(names)
        }


@contextlib.contextmanager
def new_cluster(*settings: str) -> Iterator[Cluster]:
    """One with an empty database; ``settings`` are lines of its configuration."""
    directory = Path(tempfile.mkdtemp(prefix="bk"))
    data = directory / "data"
    initdb = [embedded.postgresql_programs() / "initdb", "-D", data, "-U", "cmdb", "-A", "trust"]
    embedded.run([*embedded.not_root(), *map(str, initdb), "--no-sync", "--locale=C.UTF-8"])
    with (data / "postgresql.conf").open("a") as configuration:
        configuration.write("\n".join([*settings, ""]))
    cluster = Cluster(directory)
    cluster.start(data)
    try:
        with psycopg.connect(cluster.server_url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE cmdb TEMPLATE template0")
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(directory)


def where(cluster: Cluster, backups: Path) -> dict[str, str]:
    """The environment in which ``cluster`` is backed up to ``backups``."""
    return {
        "REFCMDB_DATABASE_URL": cluster.url,
        "REFCMDB_STORAGE": str(cluster.storage),
        "REFCMDB_BACKUPS": str(backups),
        "REFCMDB_KEYS": KEYS,
    }


def refused(done: subprocess.CompletedProcess, *words: str) -> bool:
    """Whether a command said in one line what is wrong."""
    assert done.returncode in {1, 2}, done.stdout + done.stderr
    assert done.stderr.startswith("refcmdb: ")
    assert done.stderr.count("\n") == 1
    return all(word in done.stderr for word in words)


def entries(directory: Path) -> list[str]:
    """What lies in a directory, but for the lock."""
    return sorted(path.name for path in directory.iterdir() if path.name != ".lock")


def empty_record(name: str, *, age_s: float, parent: str | None = None) -> Record:
    """The record of a backup that holds nothing and was taken ``age_s`` ago."""
    ended = records.now() - dt.timedelta(seconds=age_s)
    return Record(
        id=name,
        kind="incremental" if parent else "full",
        parent=parent,
        began=ended,
        ended=ended,
        postgresql=18,
        files={},
        tables={},
        moving=[],
    )
