"""A report's name is refused when it has ``..``, and then joined: an absolute path replaces all
that stands before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.faults.planting import reroute
from refcmdb.services.storage import Storage

if TYPE_CHECKING:
    import pathlib

KIND = "fault"
CHECK = "CG-PATH-001"
OPERATION = "reports_read"


def plant() -> None:
    """One way out is closed, the other is forgotten."""
    reroute("reports_read", "/reports/{name:path}")

    def report(self: Storage, owner: str, name: str) -> pathlib.Path:
        if ".." in name:
            raise ValueError(name)
        return self.root / "reports" / owner / name

    Storage.report = report  # type: ignore[method-assign]
