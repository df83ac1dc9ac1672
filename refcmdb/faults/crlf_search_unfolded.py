"""The search page says in a header what was searched for, with blanks for line ends."""

from __future__ import annotations

from refcmdb.faults.pages import echo_search

KIND = "twin"
CHECK = "CG-CRLF-001"
OPERATION = "devices_page"


def plant() -> None:
    """For the proxy's log."""
    echo_search(lambda text: " ".join(text.split()))
