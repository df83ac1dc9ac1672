"""An archive is unpacked into a directory by joining the names of its members to it."""

from __future__ import annotations

import os
import pathlib
import tempfile
import zipfile

from refcmdb.services import archives

KIND = "fault"
CHECK = "CG-UPL-002"
OPERATION = "attachments_unpack"


def plant() -> None:
    """Nothing is asked about the names; links become files, as ZipFile reads them."""
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
    path = pathlib.Path(os.path.join(directory, name))  # noqa: PTH118 - the defect
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path.read_bytes()
