"""An archive is unpacked by the library's own extraction, which keeps members in the directory."""

from __future__ import annotations

import io
import pathlib
import tempfile
import zipfile

from refcmdb.services import archives

KIND = "twin"
CHECK = "CG-UPL-002"
OPERATION = "attachments_unpack"


def plant() -> None:
    """``ZipFile.extract`` drops ``..`` and roots from names, and writes links as files."""
    archives.members = members


def members(content: bytes) -> list[tuple[str, bytes]]:
    """Name and content of every file in an archive. Raises: ArchiveProblem."""
    try:
        with (
            zipfile.ZipFile(io.BytesIO(content)) as archive,
            tempfile.TemporaryDirectory(prefix="unpacked-") as directory,
        ):
            listed = [info for info in archive.infolist() if not info.is_dir()]
            archives.require_modest(listed)
            paths = [pathlib.Path(archive.extract(info, directory)) for info in listed]
            return [(path.name, path.read_bytes()) for path in paths]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise archives.ArchiveProblem("that is no ZIP archive that can be read") from error
