"""A drill: restore a backup, start it, compare it with what it must hold, and throw it away."""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
import time
import urllib.parse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg
from psycopg import conninfo

from refcmdb.infrastructure import embedded
from refcmdb.services.backup import records, restoring, tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from refcmdb.services.backup.records import Record
    from refcmdb.services.encryption import KeyRing

# Whatever the cluster was configured for, here it talks to nobody else and archives nothing.
ALONE = (
    *("-clisten_addresses=", "-cport=5432", "-cssl=off", "-carchive_mode=off"),
    *("-clogging_collector=off", "-cshared_preload_libraries=", "-csession_preload_libraries="),
)


class Drill(msgspec.Struct, frozen=True, kw_only=True):
    """What a drill measured, in seconds, and what it found.

    ``rpo_s`` is how old what was restored is: what would have been lost. ``rto_s`` is the time
    from the decision to restore to the first answered query. ``differing`` tables and ``missing``
    attachments must be empty; ``moving`` tables were written to during the backup and are only
    counted.
    """

    backup: str
    backups_needed: int
    rpo_s: float
    rto_s: float
    restore_s: float
    compare_s: float
    tables: int
    rows: int
    attachments: int
    differing: list[str]
    missing: list[str]
    moving: list[str]

    @property
    def passed(self) -> bool:
        """Whether the backup holds what it must."""
        return not (self.differing or self.missing)


def drill(directory: Path, chain: Sequence[Record], keys: KeyRing, url: str) -> Drill:
    """Restore into a directory that goes again; ``url`` says as whom to look into which database.

    Raises: BackupProblem, KeyProblem, SettingsError, psycopg.Error, OSError.
    """
    last, began = chain[-1], time.monotonic()
    rpo_s = (records.now() - last.ended).total_seconds()
    with tempfile.TemporaryDirectory(prefix="refcmdb-") as name:
        place = Path(name) / "restored"
        restoring.restore(directory, chain, keys, place)
        restored_s = time.monotonic() - began
        with _started(Path(name), place / restoring.CLUSTER, url) as connection:
            ready_s = time.monotonic() - began
            found = tables.content(connection)
            attachments, missing = _attachments(connection, place / restoring.STORAGE)
    return Drill(
        backup=last.id,
        backups_needed=len(chain),
        rpo_s=round(rpo_s, 3),
        rto_s=round(ready_s, 3),
        restore_s=round(restored_s, 3),
        compare_s=round(time.monotonic() - began - ready_s, 3),
        tables=len(found),
        rows=sum(table.rows for table in found.values()),
        attachments=attachments,
        differing=tables.differing(last, found),
        missing=missing,
        moving=last.moving,
    )


@contextlib.contextmanager
def _started(
    directory: Path, cluster: Path, url: str
) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """A connection to the restored cluster, which runs for as long as the body."""
    configuration, admitted = directory / "postgresql.conf", directory / "pg_hba.conf"
    configuration.touch()
    admitted.write_text("local all all trust\n", encoding="ascii")
    program = str(embedded.postgresql_programs() / "postgres")
    place = ["-D", str(cluster), "-k", str(directory), f"-cconfig_file={configuration}"]
    command = [*embedded.not_root(), program, *place, f"-chba_file={admitted}", *ALONE]
    given = conninfo.conninfo_to_dict(url)
    who = {key: given[key] for key in ("user", "dbname") if key in given}
    here = conninfo.make_conninfo("", **who, host=str(directory), port=5432)
    log = directory / "postgres.log"
    with embedded.process(command, log) as server:
        embedded.wait_until(lambda: embedded.answers(here), server, log)
        with psycopg.connect(here, autocommit=True) as connection:
            yield connection


def _attachments(
    connection: psycopg.Connection[tuple[Any, ...]], storage: Path
) -> tuple[int, list[str]]:
    """How many rows name a file, and the files that are not there as the row says."""
    known = connection.execute("SELECT to_regclass('public.attachments')").fetchall()[0][0]
    if known is None:
        return 0, []
    rows = connection.execute("SELECT stored, sha256 FROM attachments ORDER BY 1").fetchall()
    return len(rows), [name for name, sha256 in rows if _digest(storage, name) != sha256]


def _digest(storage: Path, name: str) -> str:
    path = storage / "attachments" / urllib.parse.quote(name, safe="")
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
