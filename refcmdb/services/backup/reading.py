"""Reading a backup back: its files as they lie there, and what is inside them."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import tarfile
from typing import TYPE_CHECKING

import msgspec

from refcmdb.services.backup import sealing
from refcmdb.services.backup.problems import BackupProblem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from refcmdb.services.backup.records import Record
    from refcmdb.services.encryption import KeyRing

CLUSTER = "cluster.tar.gz.sealed"
ATTACHMENTS = "attachments.tar.gz.sealed"
MANIFEST = "manifest.sealed"
PLAIN_MANIFEST = "backup_manifest"
BLOCK_BYTES = 64 * 1024

# What stands in PostgreSQL's manifest: size and SHA-256 by path.
Contents = dict[str, tuple[int, str]]


class _ManifestFile(msgspec.Struct, rename="pascal"):
    path: str = ""
    encoded_path: str = msgspec.field(default="", name="Encoded-Path")
    size: int = 0
    checksum: str = ""


class _Manifest(msgspec.Struct, rename="pascal"):
    files: list[_ManifestFile]


def place(backup: str, name: str) -> str:
    """What a sealed file is bound to."""
    return f"backup:{backup}:{name}"


def require_intact(directory: Path, record: Record) -> None:
    """Every file is there as it was written; needs no key. Raises: BackupProblem."""
    for name, expected in record.files.items():
        path = directory / record.id / name
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            problem = f"{path} cannot be read ({error.strerror}); use another backup"
            raise BackupProblem(problem) from None
        if digest != expected.sha256:
            raise BackupProblem(f"{path} is damaged: its checksum differs; use another backup")


@contextlib.contextmanager
def archive(path: Path, keys: KeyRing, *, backup: str) -> Iterator[tarfile.TarFile]:
    """The archive in a sealed file, to be read from begin to end.

    Raises: BackupProblem, KeyProblem.
    """
    with path.open("rb") as file:
        content = sealing.opened(file, keys, place=place(backup, path.name))
        # Not mode "r|gz", which copies what it has unpacked at each read.
        with (
            gzip.open(content) as unpacked,
            tarfile.open(fileobj=unpacked, mode="r|", bufsize=BLOCK_BYTES) as archive,
        ):
            yield archive


def manifest(path: Path, keys: KeyRing, *, backup: str) -> bytes:
    """PostgreSQL's manifest out of a cluster's archive, every file of which is as it says.

    Raises: BackupProblem, KeyProblem.
    """
    seen: Contents = {}
    told = b""
    with archive(path, keys, backup=backup) as members:
        for member in members:
            content = members.extractfile(member)
            if content is None:
                continue
            if member.name == PLAIN_MANIFEST:
                told = content.read()
            else:
                digest = hashlib.file_digest(content, "sha256")  # type: ignore[arg-type] # IO[bytes]
                seen[member.name] = (member.size, digest.hexdigest())
    if wrong := sorted(_contents(told).items() - seen.items()):
        raise BackupProblem(f"{path} does not hold {wrong[0][0]} as the server had it")
    return told


def _contents(text: bytes) -> Contents:
    listed = msgspec.json.decode(text, type=_Manifest).files
    return {
        file.path or bytes.fromhex(file.encoded_path).decode(errors="surrogateescape"): (
            file.size,
            file.checksum,
        )
        for file in listed
    }
