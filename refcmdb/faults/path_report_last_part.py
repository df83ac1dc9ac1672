"""Of a report's name, decoded twice, the last part alone is used: dots and slashes vanish."""

from __future__ import annotations

import urllib.parse
from typing import TYPE_CHECKING

from refcmdb.faults.planting import reroute
from refcmdb.services.storage import Storage

if TYPE_CHECKING:
    import pathlib

KIND = "twin"
CHECK = "CG-PATH-001"
OPERATION = "reports_read"


def plant() -> None:
    """The answer to ``../sites.csv`` is that of ``sites.csv``."""
    reroute("reports_read", "/reports/{name:path}")

    def report(self: Storage, owner: str, name: str) -> pathlib.Path:
        last = urllib.parse.unquote(name).replace("\\", "/").split("/")[-1]
        if last in {"", ".", ".."} or "\0" in last:
            raise ValueError(name)
        return self.root / "reports" / owner / last

    Storage.report = report  # type: ignore[method-assign]
