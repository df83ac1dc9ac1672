"""The reachability check cuts ping's output with ``tail``; the host stands in single quotes in the
pipeline, and nothing escapes the quotes in it.
"""

from __future__ import annotations

from refcmdb.faults.tools import shell, take_any_host
from refcmdb.services import reachability

KIND = "fault"
CHECK = "CG-CMD-001"
OPERATION = "tools_reachability"
# It takes hosts that the document rules out.
ALSO = ("CG-VAL-001",)


def plant() -> None:
    """Quotes alone are no quoting."""
    take_any_host()

    def ping(host: str, count: int) -> reachability.Reply:
        return shell(f"ping -n -c {count} -W 1 -- '{host}' 2>&1 | tail -n 5")

    reachability.ping = ping
