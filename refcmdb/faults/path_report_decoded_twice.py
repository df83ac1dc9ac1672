"""A report's name is checked for slashes and dots, and then percent-decoded once more."""

from __future__ import annotations

import urllib.parse
from typing import TYPE_CHECKING

from refcmdb.services.storage import Storage

if TYPE_CHECKING:
    import pathlib

KIND = "fault"
CHECK = "CG-PATH-001"
OPERATION = "reports_read"


def plant() -> None:
    """Some proxy was said to encode names twice."""

    def report(self: Storage, owner: str, name: str) -> pathlib.Path:
        if "/" in name or ".." in name:
            raise ValueError(name)
        directory = self.root / "reports" / owner
        directory.mkdir(parents=True, exist_ok=True)
        return directory / urllib.parse.unquote(name).lstrip("/")

    Storage.report = report  # type: ignore[method-assign]
