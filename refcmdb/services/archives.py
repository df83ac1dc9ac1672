"""ZIP archives from outside: every member is checked before any is used."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST_ARCHIVE_BYTES = 8 * 1024 * 1024
LARGEST_MEMBERS_BYTES = 16 * 1024 * 1024
MOST_MEMBERS = 50
HIGHEST_RATIO = 100


class ArchiveProblem(Exception):
    """An archive that is not accepted, in words for the caller."""


def members(content: bytes) -> list[tuple[str, bytes]]:
    """Name and content of every file in an archive.

    Raises: ArchiveProblem for what is no archive, has a member with a path that leads elsewhere,
        a link, a password, or is too much when unpacked.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            listed = [info for info in archive.infolist() if not info.is_dir()]
            require_modest(listed)
            for info in listed:
                require_harmless(info)
            return list(_read(archive, listed))
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError) as error:
        raise ArchiveProblem("that is no ZIP archive that can be read") from error


def require_modest(listed: list[zipfile.ZipInfo]) -> None:
    """By what the directory of the archive says. Raises: ArchiveProblem."""
    if not 1 <= len(listed) <= MOST_MEMBERS:
        raise ArchiveProblem(f"an archive must have 1 to {MOST_MEMBERS} files")
    if sum(info.file_size for info in listed) > LARGEST_MEMBERS_BYTES:
        raise ArchiveProblem(f"the files may have at most {LARGEST_MEMBERS_BYTES} bytes together")
    if any(info.file_size > HIGHEST_RATIO * max(info.compress_size, 1000) for info in listed):
        raise ArchiveProblem(f"a file is compressed more than {HIGHEST_RATIO} to 1")


def require_harmless(info: zipfile.ZipInfo) -> None:
    """Raises: ArchiveProblem for a path that leads elsewhere, for links and for passwords."""
    parts = info.filename.replace("\\", "/").split("/")
    if ".." in parts or not parts[0] or ":" in info.filename:
        raise ArchiveProblem("a member has a path that leads out of the archive")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in {0, stat.S_IFREG}:
        raise ArchiveProblem("a member is no ordinary file")
    if info.flag_bits & 1:
        raise ArchiveProblem("a member is encrypted")


def _read(archive: zipfile.ZipFile, listed: list[zipfile.ZipInfo]) -> Iterator[tuple[str, bytes]]:
    for info in listed:
        with archive.open(info) as member:
            # The directory may lie about sizes: no more than it says is read.
            content = member.read(info.file_size + 1)
        if len(content) != info.file_size:
            raise ArchiveProblem("a member is not as large as the archive says")
        yield info.filename, content
