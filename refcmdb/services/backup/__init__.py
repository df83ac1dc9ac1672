"""BackupService: sealed backups of the cluster and its attachments, restored and tried out."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
from collections import Counter
from typing import TYPE_CHECKING

from refcmdb.services.backup import drilling, reading, records, restoring, sealing
from refcmdb.services.backup.problems import BackupProblem
from refcmdb.services.backup.records import newest
from refcmdb.services.backup.taking import Taking
from refcmdb.settings import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from refcmdb.services.backup.drilling import Drill
    from refcmdb.services.backup.records import Record
    from refcmdb.settings import Settings

__all__ = ["BackupProblem", "BackupService", "newest"]

UNFINISHED = ".unfinished-"


class BackupService:
    """The backups in the directory of the settings.

    One backup is taken at a time, and none while one is restored: what is old may go then.
    All methods raise BackupProblem, KeyProblem or OSError where they cannot do it.
    """

    def __init__(self, settings: Settings) -> None:
        if settings.backups is None:
            raise SettingsError("REFCMDB_BACKUPS", "is not set; name the directory of backups")
        self._settings, self.directory = settings, settings.backups

    def take(self, *, incremental: bool = False) -> Record:
        """A new backup, verified, whole or not there at all; what is older than need be goes.

        Raises: psycopg.Error where the database cannot be reached.
        """
        settings = self._settings
        taking = Taking(settings.database_url, settings.keys, settings.storage)
        with self._locked(fcntl.LOCK_EX):
            for left in self.directory.glob(f"{UNFINISHED}*"):
                shutil.rmtree(left)
            parent = (self.directory, self.chain(None)[-1]) if incremental else None
            draft = self.directory / f"{UNFINISHED}{secrets.token_hex(8)}"
            draft.mkdir(mode=0o700)
            try:
                record = taking.into(draft, parent)
                draft.rename(self.directory / record.id)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
            self._sync()
            self.retire()
        return record

    def retire(self) -> list[Record]:
        """Remove what retention does not ask for, the incremental ones before what they need."""
        settings = self._settings
        gone = records.surplus(
            self.listed(), keep=settings.backup_keep, keep_days=settings.backup_keep_days
        )
        for record in reversed(gone):
            # Out of sight first: half a backup would look like a damaged one.
            hidden = self.directory / f"{UNFINISHED}{record.id}"
            (self.directory / record.id).rename(hidden)
            shutil.rmtree(hidden)
        return gone

    def listed(self) -> list[Record]:
        """All backups, the oldest first."""
        return records.listed(self.directory)

    def keys(self) -> Counter[str]:
        """How many backups each key seals, by its id; needs no key."""
        ids = Counter[str]()
        for record in self.listed():
            with (self.directory / record.id / reading.MANIFEST).open("rb") as file:
                ids[sealing.key_of(file)] += 1
        return ids

    def chain(self, name: str | None) -> list[Record]:
        """What the backup ``name`` (None: the newest) takes to be restored, the full one first."""
        return records.chain(self.listed(), name)

    def verify(self, name: str | None) -> list[Record]:
        """Read a backup, and those it builds on, from begin to end; nothing is written."""
        with self._locked(fcntl.LOCK_SH):
            chain = self.chain(name)
            for record in chain:
                reading.require_intact(self.directory, record)
                path = self.directory / record.id / reading.CLUSTER
                reading.manifest(path, self._settings.keys, backup=record.id)
        return chain

    def restore(self, target: Path, name: str | None) -> Record:
        """``target/data`` becomes the cluster, ``target/files`` the storage directory."""
        with self._locked(fcntl.LOCK_SH):
            chain = self.chain(name)
            restoring.restore(self.directory, chain, self._settings.keys, target)
        return chain[-1]

    def drill(self, name: str | None) -> Drill:
        """Restore, start, compare, stop, delete; and how long it took."""
        with self._locked(fcntl.LOCK_SH):
            chain = self.chain(name)
            settings = self._settings
            return drilling.drill(self.directory, chain, settings.keys, settings.database_url)

    @contextlib.contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        with (self.directory / ".lock").open("ab") as file:
            try:
                fcntl.flock(file, how | fcntl.LOCK_NB)
            except BlockingIOError:
                problem = f"another backup or restore works in {self.directory}; try again later"
                raise BackupProblem(problem) from None
            yield

    def _sync(self) -> None:
        """The new name is on the disk, too."""
        descriptor = os.open(self.directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
