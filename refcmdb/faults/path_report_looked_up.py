"""A report's name is looked up in a table of paths that are there, whatever it looks like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.api.features import reports
from refcmdb.faults.planting import reroute
from refcmdb.services.storage import Storage

if TYPE_CHECKING:
    import pathlib

KIND = "twin"
CHECK = "CG-PATH-001"
OPERATION = "reports_read"


def plant() -> None:
    """No path is made of the name."""
    reroute("reports_read", "/reports/{name:path}")

    def report(self: Storage, owner: str, name: str) -> pathlib.Path:
        directory = self.root / "reports" / owner
        known = {known: directory / known for known in reports.COUNTED}
        if name not in known:
            raise ValueError(name)
        return known[name]

    Storage.report = report  # type: ignore[method-assign]
