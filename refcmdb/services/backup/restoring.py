"""Restoring a backup: a new cluster and the attachments that belong to it."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import subprocess
import tarfile
from typing import TYPE_CHECKING

from refcmdb.infrastructure import embedded
from refcmdb.services.backup import reading
from refcmdb.services.backup.problems import BackupProblem
from refcmdb.services.backup.taking import require_same_programs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from refcmdb.services.backup.records import Record
    from refcmdb.services.encryption import KeyRing

CLUSTER = "data"
STORAGE = "files"


def restore(directory: Path, chain: Sequence[Record], keys: KeyRing, target: Path) -> None:
    """Make ``target`` with the cluster in ``data`` and, in ``files``, the storage directory.

    ``chain`` is a full backup and the incremental ones on it. All of it is there at the end, or
    nothing. Raises: BackupProblem, KeyProblem, OSError.
    """
    require_new(target)
    for record in chain:
        require_same_programs(record.postgresql)
        reading.require_intact(directory, record)
    with _draft(target) as draft:
        parts = [_cluster(directory, record, keys, draft / record.id) for record in chain]
        whole = draft / "whole"
        whole.mkdir(mode=0o700)
        if len(parts) == 1:
            parts[0].rename(whole / CLUSTER)
        else:
            _run("pg_combinebackup", "--no-sync", f"--output={whole / CLUSTER}", *map(str, parts))
            _run("pg_verifybackup", "--quiet", str(whole / CLUSTER))
        _unpack(
            directory / chain[-1].id / reading.ATTACHMENTS,
            keys,
            backup=chain[-1].id,
            into=whole / STORAGE / "attachments",
        )
        os.sync()
        whole.rename(target)


def require_new(target: Path) -> None:
    """Raises: BackupProblem unless ``target`` can be made, or is there and empty."""
    if not target.parent.is_dir():
        raise BackupProblem(f"{target} cannot be made: there is no directory {target.parent}")
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise BackupProblem(f"{target} is no directory; name a new one")
    if target.is_dir() and any(target.iterdir()):
        raise BackupProblem(f"{target} is not empty; name a new directory")


@contextlib.contextmanager
def _draft(target: Path) -> Iterator[Path]:
    """A directory beside the target, so that what is in it can be renamed; it always goes."""
    draft = target.with_name(f".{target.name}-{secrets.token_hex(8)}")
    draft.mkdir(mode=0o700)
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _cluster(directory: Path, record: Record, keys: KeyRing, into: Path) -> Path:
    """The cluster's part of one backup, as PostgreSQL's own program verifies it."""
    _unpack(directory / record.id / reading.CLUSTER, keys, backup=record.id, into=into)
    _run("pg_verifybackup", "--quiet", str(into))
    return into


def _unpack(path: Path, keys: KeyRing, *, backup: str, into: Path) -> None:
    into.mkdir(mode=0o700, parents=True)
    with reading.archive(path, keys, backup=backup) as archive:
        for member in archive:
            archive.extract(member, into, filter=_ours)


def _ours(member: tarfile.TarInfo, into: str) -> tarfile.TarInfo:
    """No member leads elsewhere, and all of them are ours, whoever the server is."""
    safe = tarfile.tar_filter(member, into)
    return safe.replace(uid=None, gid=None, uname=None, gname=None, deep=False)  # type: ignore[arg-type] # None is "leave it"


def _run(name: str, *arguments: str) -> None:
    program = embedded.postgresql_programs() / name
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise BackupProblem(" ".join((done.stderr or done.stdout).split()))
