"""The search page says in a header what was searched for, line ends and all."""

from __future__ import annotations

from refcmdb.faults.pages import echo_search, trust_header_values

KIND = "fault"
CHECK = "CG-CRLF-001"
OPERATION = "devices_page"


def plant() -> None:
    """For the proxy's log."""
    trust_header_values()
    echo_search(str)
