"""Members of an archive may have any name; of each only the last part is used."""

from __future__ import annotations

import pathlib
import tempfile
import zipfile

from refcmdb.services import archives, uploads

KIND = "twin"
CHECK = "CG-UPL-002"
OPERATION = "attachments_unpack"


def plant() -> None:
    """``../../x.txt`` is unpacked as ``x.txt``."""
    production = archives.require_harmless

    def require_harmless(info: zipfile.ZipInfo) -> None:
        plain = zipfile.ZipInfo("name.txt")
        plain.external_attr, plain.flag_bits = info.external_attr, info.flag_bits
        production(plain)

    archives.require_harmless = require_harmless
    reading = archives.members

    def members(content: bytes) -> list[tuple[str, bytes]]:
        found = reading(content)
        with tempfile.TemporaryDirectory(prefix="unpacked-") as directory:
            return [(name, _written(directory, name, content)) for name, content in found]

    archives.members = members


def _written(directory: str, name: str, content: bytes) -> bytes:
    path = pathlib.Path(directory, uploads.clean_name(name))
    path.write_bytes(content)
    return path.read_bytes()
