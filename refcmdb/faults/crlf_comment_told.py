"""Who reads a device finds its comments in a header, line ends and all."""

from __future__ import annotations

from refcmdb.faults.pages import trust_header_values
from refcmdb.faults.told_headers import tell

KIND = "fault"
CHECK = "CG-CRLF-002"
OPERATION = "devices_create"


def plant() -> None:
    """For who asks with HEAD."""
    trust_header_values()
    tell("devices", "x-comments", "comments", str)
