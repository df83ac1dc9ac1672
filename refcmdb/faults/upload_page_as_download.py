"""Pages may be attached, and are only ever downloads: never shown, never sniffed."""

from __future__ import annotations

from refcmdb.services import uploads

KIND = "twin"
CHECK = "CG-UPL-001"
OPERATION = "attachments_create"


def plant() -> None:
    """``text/html`` joins the list."""
    uploads.ALLOWED = {**uploads.ALLOWED, "text/html": uploads.ALLOWED["text/plain"]}
