"""Which backups there are, which of them build on which, and which have served their time."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Literal

import msgspec

from refcmdb.services.backup.problems import BackupProblem

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NAME = "backup.json"


class SealedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it lies in the backup."""

    size_bytes: int
    sha256: str


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows a table has, and a checksum that their order does not change."""

    rows: int
    checksum: str


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A backup: what it is, and what it must hold.

    It restores the moment ``ended``. An incremental one needs its ``parent``. ``tables`` are those
    that nobody wrote to while it was taken; the names of the others are ``moving``.
    """

    id: str
    kind: Literal["full", "incremental"]
    parent: str | None
    began: dt.datetime
    ended: dt.datetime
    postgresql: int
    files: dict[str, SealedFile]
    tables: dict[str, Table]
    moving: list[str]

    @property
    def size_bytes(self) -> int:
        """Of all files together."""
        return sum(file.size_bytes for file in self.files.values())


def now() -> dt.datetime:
    """The time, with its zone."""
    return dt.datetime.now(dt.UTC)


def listed(directory: Path) -> list[Record]:
    """All backups in ``directory``, the oldest first. Raises: BackupProblem."""
    records = [read(path) for path in directory.glob(f"[!.]*/{NAME}")]
    return sorted(records, key=lambda record: record.ended)


def newest(directory: Path) -> Record | None:
    """The last backup that was taken, None without one. Raises: BackupProblem."""
    # Ids begin with the time, so no other record need be read.
    path = max(directory.glob(f"[!.]*/{NAME}"), default=None)
    return None if path is None else read(path)


def read(path: Path) -> Record:
    """The record in a file. Raises: BackupProblem."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Record)
    except (OSError, msgspec.MsgspecError) as error:
        raise BackupProblem(f"{path} is no record of a backup: {error}") from error


def write(path: Path, record: Record) -> None:
    """Write it for people to read."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n")


def chain(records: Sequence[Record], name: str | None) -> list[Record]:
    """What it takes to restore the backup ``name`` (None is the newest), the full one first.

    Raises: BackupProblem where one of them is not there.
    """
    known = {record.id: record for record in records}
    if not known:
        raise BackupProblem("there is no backup; `python -m refcmdb backup` takes one")
    needed: list[Record] = []
    wanted = name or records[-1].id
    while wanted:
        if wanted not in known:
            whose = f", on which {needed[-1].id} builds" if needed else ""
            raise BackupProblem(f"there is no backup {wanted}{whose}; there are {[*known]}")
        needed.append(known[wanted])
        wanted = known[wanted].parent or ""
    return needed[::-1]


def surplus(records: Sequence[Record], *, keep: int, keep_days: int) -> list[Record]:
    """Which may go: neither of the newest ``keep``, nor younger, nor needed by one that stays."""
    oldest = now() - dt.timedelta(days=keep_days)
    staying: set[str | None] = set()
    # A parent is older than what builds on it, and comes later here.
    for place, record in enumerate(reversed(records)):
        if place < keep or record.ended >= oldest or record.id in staying:
            staying |= {record.id, record.parent}
    return [record for record in records if record.id not in staying]
