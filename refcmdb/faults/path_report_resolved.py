"""A report's name is joined as it is, and what that leads to must lie in the directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.faults.planting import reroute
from refcmdb.services.storage import Storage

if TYPE_CHECKING:
    import pathlib

KIND = "twin"
CHECK = "CG-PATH-001"
OPERATION = "reports_read"


def plant() -> None:
    """Links and dots are resolved before the comparison."""
    reroute("reports_read", "/reports/{name:path}")

    def report(self: Storage, owner: str, name: str) -> pathlib.Path:
        root = (self.root / "reports" / owner).resolve()
        try:
            path = (root / name).resolve()
        except (OSError, ValueError) as error:
            raise ValueError(name) from error
        if not path.is_relative_to(root):
            raise ValueError(name)
        return path

    Storage.report = report  # type: ignore[method-assign]
