"""Taking a backup: the whole cluster by ``pg_basebackup``, sealed on its way to the disk."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import subprocess
import tarfile
import tempfile
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import conninfo

from refcmdb.infrastructure import embedded
from refcmdb.services.backup import reading, records, sealing, tables
from refcmdb.services.backup.problems import BackupProblem
from refcmdb.services.backup.records import Record, SealedFile
from refcmdb.services.storage import STORED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from refcmdb.services.encryption import KeyRing

# The server keeps the log that the backup needs for as long as this session lasts.
KEEP_LOG = "SELECT pg_create_physical_replication_slot(%s, true, true)"
OPTIONS = (
    *("--pgdata=-", "--format=tar", "--wal-method=fetch", "--compress=client-gzip:1"),
    *("--checkpoint=fast", "--manifest-checksums=SHA256", "--no-password"),
)
# What the server says, and what to do about it.
REMEDIES = {
    "WAL sender": "give the role REPLICATION",
    "replication connection": "let pg_hba.conf admit the role to `replication`",
    "summarization is enabled": "set summarize_wal = on",
    "WAL summaries are required": "take a full backup first",
    "system identifier": "this is another cluster, take a full backup first",
    "timeline": "take a full backup first",
}


class Taking:
    """One backup of the database at ``url`` and of what lies in ``storage``.

    ``parent`` is the backup that an incremental one builds on, with its directory.
    """

    def __init__(self, url: str, keys: KeyRing, storage: Path | None) -> None:
        self._url, self._keys, self._storage = url, keys, storage
        self._files: dict[str, SealedFile] = {}
        self.id = f"{records.now():%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"

    def into(self, draft: Path, parent: tuple[Path, Record] | None) -> Record:
        """Write the backup's files and its record. Raises: BackupProblem, psycopg.Error, OSError.

        Attachments never change: those from before the cluster's part, and those that came during
        it, are all that a row in it may name.
        """
        began = records.now()
        with psycopg.connect(self._url, autocommit=True) as connection:
            version = require_same_programs(connection.info.server_version // 10_000)
            connection.execute("SET statement_timeout = 0")
            before = tables.content(connection)
            with self._attachments(draft) as attachments:
                attachments.add_new()
                connection.execute(KEEP_LOG, (f"refcmdb_{secrets.token_hex(8)}",))
                self._cluster(draft, parent)
                ended = records.now()
                attachments.add_new()
            after = tables.content(connection)
        self._manifest(draft)
        still = {name: table for name, table in before.items() if after.get(name) == table}
        record = Record(
            id=self.id,
            kind="incremental" if parent else "full",
            parent=parent[1].id if parent else None,
            began=began,
            ended=ended,
            postgresql=version,
            files=self._files,
            tables=still,
            moving=sorted(set(after) - set(still)),
        )
        records.write(draft / records.NAME, record)
        return record

    def _cluster(self, draft: Path, parent: tuple[Path, Record] | None) -> None:
        with (
            self._sealed(draft / reading.CLUSTER) as sealer,
            _manifest_of(parent, self._keys) as option,
            tempfile.TemporaryFile() as said,
        ):
            command, environment = _pg_basebackup(self._url)
            with (
                subprocess.Popen(
                    [*command, *option, f"--label=refcmdb {self.id}"],
                    env=environment,
                    stdout=subprocess.PIPE,
                    stderr=said,
                ) as child,
                _ended(child),
            ):
                shutil.copyfileobj(child.stdout, sealer, sealing.CHUNK_BYTES)  # type: ignore[arg-type] # a pipe
            if child.returncode:
                said.seek(0)
                raise BackupProblem(_with_remedy(said.read().decode(errors="replace")))

    def _manifest(self, draft: Path) -> None:
        """Read all of the cluster's part back, and keep its manifest for incremental backups."""
        told = reading.manifest(draft / reading.CLUSTER, self._keys, backup=self.id)
        with self._sealed(draft / reading.MANIFEST) as sealer:
            sealer.write(told)

    @contextlib.contextmanager
    def _attachments(self, draft: Path) -> Iterator[_Attachments]:
        with (
            self._sealed(draft / reading.ATTACHMENTS) as sealer,
            tarfile.open(fileobj=sealer, mode="w|gz", compresslevel=1) as archive,  # type: ignore[call-overload] # it writes, that is enough
        ):
            yield _Attachments(self._storage, archive)

    @contextlib.contextmanager
    def _sealed(self, path: Path) -> Iterator[sealing.Sealer]:
        """A sealed file that is on the disk at the end of the block."""
        with path.open("xb") as file:
            sealer = sealing.Sealer(file, self._keys, place=reading.place(self.id, path.name))
            yield sealer
            sealer.finish()
            file.flush()
            os.fsync(file.fileno())
        self._files[path.name] = SealedFile(size_bytes=sealer.size_bytes, sha256=sealer.sha256)


class _Attachments:
    """The attachments in a storage directory, each put into an archive once."""

    def __init__(self, storage: Path | None, archive: tarfile.TarFile) -> None:
        self._directory, self._archive = storage and storage / "attachments", archive
        self._known: set[str] = set()

    def add_new(self) -> None:
        if self._directory is None or not self._directory.is_dir():
            return
        for path in self._directory.iterdir():
            if path.name in self._known or not STORED.fullmatch(path.name):
                continue
            with contextlib.suppress(FileNotFoundError):  # its row went just now
                self._archive.add(path, arcname=path.name)
            self._known.add(path.name)


def require_same_programs(major: int) -> int:
    """``major``, if PostgreSQL's programs here are of it. Raises: BackupProblem."""
    programs = embedded.postgresql_programs()
    command = [str(programs / "pg_basebackup"), "--version"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    ours = int(said.split()[-1].partition(".")[0].partition("beta")[0])
    if ours != major:
        problem = f"the cluster is of PostgreSQL {major}, the programs in {programs} of {ours}"
        raise BackupProblem(f"{problem}; install those of {major}")
    return major


def _pg_basebackup(url: str) -> tuple[list[str], dict[str, str]]:
    """Command and environment; others on this machine see no password."""
    parameters: dict[str, Any] = conninfo.conninfo_to_dict(url)
    password = parameters.pop("password", None)
    program = str(embedded.postgresql_programs() / "pg_basebackup")
    secret = {"PGPASSWORD": str(password)} if password else {}
    place = conninfo.make_conninfo("", **parameters)
    return [program, f"--dbname={place}", *OPTIONS], {**os.environ, **secret}


@contextlib.contextmanager
def _manifest_of(parent: tuple[Path, Record] | None, keys: KeyRing) -> Iterator[list[str]]:
    """The option that makes a backup incremental, none without a parent."""
    if parent is None:
        yield []
        return
    directory, record = parent
    place = reading.place(record.id, reading.MANIFEST)
    with (
        tempfile.NamedTemporaryFile() as clear,
        (directory / record.id / reading.MANIFEST).open("rb") as file,
    ):
        shutil.copyfileobj(sealing.opened(file, keys, place=place), clear)
        clear.flush()
        yield [f"--incremental={clear.name}"]


@contextlib.contextmanager
def _ended(child: subprocess.Popen[bytes]) -> Iterator[None]:
    """Where the body fails, nobody goes on sending."""
    try:
        yield
    except BaseException:
        child.kill()
        raise


def _with_remedy(said: str) -> str:
    lines = [line.removeprefix("pg_basebackup: error: ") for line in said.splitlines()]
    remedy = next((what for words, what in REMEDIES.items() if words in said), "")
    return "; ".join(["pg_basebackup: " + " ".join(lines), *([remedy] if remedy else [])])
