"""The reachability check takes any text for a host and writes it into a command line that a
shell reads.
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
    """The command is an f-string."""
    take_any_host()

    def ping(host: str, count: int) -> reachability.Reply:
        return shell(f"ping -n -c {count} -W 1 {host}")

    reachability.ping = ping
