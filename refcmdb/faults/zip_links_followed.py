"""An archive's links are unpacked as links: the attachment becomes what the link points to."""

from __future__ import annotations

import io
import pathlib
import stat
import tempfile
import zipfile

from refcmdb.services import archives

KIND = "fault"
CHECK = "CG-UPL-002"
OPERATION = "attachments_unpack"


def plant() -> None:
    """Names are checked well; what kind of file it is nobody asks."""
    production = archives.require_harmless

    def require_harmless(info: zipfile.ZipInfo) -> None:
        plain = zipfile.ZipInfo(info.filename)
        plain.flag_bits = info.flag_bits
        production(plain)

    archives.require_harmless = require_harmless
    reading = archives.members

    def members(content: bytes) -> list[tuple[str, bytes]]:
        found = reading(content)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            links = {info.filename for info in archive.infolist() if _is_link(info)}
        with tempfile.TemporaryDirectory(prefix="unpacked-") as directory:
            return [
                (name, _through_link(directory, content) if name in links else content)
                for name, content in found
            ]

    archives.members = members


def _is_link(info: zipfile.ZipInfo) -> bool:
    return stat.S_ISLNK(info.external_attr >> 16)


def _through_link(directory: str, target: bytes) -> bytes:
    link = pathlib.Path(directory, "member")
    link.unlink(missing_ok=True)
    link.symlink_to(target.decode("utf-8", "replace"))
    try:
        return link.read_bytes()
    except OSError:
        return b"this link leads nowhere"
