"""Who reads a device finds its comments in a header, percent-encoded."""

from __future__ import annotations

from urllib.parse import quote

from refcmdb.faults.told_headers import tell

KIND = "twin"
CHECK = "CG-CRLF-002"
OPERATION = "devices_create"


def plant() -> None:
    """For who asks with HEAD."""
    tell("devices", "x-comments", "comments", quote)
