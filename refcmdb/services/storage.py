"""Files: attachments under random names, generated reports, one directory for each."""

from __future__ import annotations

import pathlib
import re
import secrets
import shutil
import tempfile

STORED = re.compile(r"[0-9a-f]{32}")
REPORT = re.compile(r"[a-z]{1,40}\.csv")


class Storage:
    """The storage directory of an instance; instances behind one balancer share it.

    No name that came from outside is ever joined to a path: attachments have random names, and
    a report's name must look like one.
    """

    def __init__(self, root: pathlib.Path | None) -> None:
        """None is a private directory, from :meth:`open` to :meth:`close`."""
        self.root, self._private = root or pathlib.Path(), root is None

    def open(self) -> None:
        """Make the private directory where one is needed. Raises: OSError."""
        if self._private:
            self.root = pathlib.Path(tempfile.mkdtemp(prefix="refcmdb-"))

    def close(self) -> None:
        """Remove the private directory."""
        if self._private:
            shutil.rmtree(self.root, ignore_errors=True)

    def attachment(self, stored: str) -> pathlib.Path:
        """Where an attachment lies. Raises: ValueError for a name that :meth:`keep` never gave."""
        if not STORED.fullmatch(stored):
            raise ValueError(stored)
        return self.root / "attachments" / stored

    def report(self, owner: str, name: str) -> pathlib.Path:
        """Where a report lies that only ``owner`` reads, which is a directory's name.

        Raises: ValueError for what is no report's name.
        """
        if not REPORT.fullmatch(name):
            raise ValueError(name)
        return self.root / "reports" / owner / name

    def keep(self, content: bytes) -> str:
        """Store an attachment; returns the name under which it is found again."""
        stored = secrets.token_hex(16)
        write(self.attachment(stored), content)
        return stored

    def remove(self, stored: str) -> None:
        """Forget an attachment; harmless when it is gone."""
        self.attachment(stored).unlink(missing_ok=True)


def write(path: pathlib.Path, content: bytes) -> None:
    """The file is there in full or not at all; only this user reads it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{secrets.token_hex(8)}")
    draft.touch(mode=0o600)
    draft.write_bytes(content)
    draft.replace(path)
