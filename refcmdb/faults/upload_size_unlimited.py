"""Uploads have no limit: whoever may attach a file may fill memory and disk."""

from __future__ import annotations

from refcmdb.api.features import attachments
from refcmdb.services import uploads

KIND = "fault"
CHECK = "CG-UPL-001"
OPERATION = "attachments_create"


def plant() -> None:
    """Somebody had a large plan to attach."""
    uploads.LARGEST_BYTES = attachments.LARGEST_FORM_BYTES = 2**40
