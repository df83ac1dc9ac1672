"""A report's name is joined to the directory of reports as it is, so ``../`` leads out of it."""

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
    """Only a slash at the beginning is taken away."""
    reroute("reports_read", "/reports/{name:path}")

    def report(self: Storage, owner: str, name: str) -> pathlib.Path:
        directory = self.root / "reports" / owner
        directory.mkdir(parents=True, exist_ok=True)
        return directory / name.lstrip("/")

    Storage.report = report  # type: ignore[method-assign]
