"""The reachability check refuses hosts that begin with a dash, and then splits its command line
at blanks, so that a host with a blank in it is a host and an option.
"""

from __future__ import annotations

import shlex

from refcmdb.faults.tools import take_any_host
from refcmdb.services import reachability

KIND = "fault"
CHECK = "CG-CMD-002"
OPERATION = "tools_reachability"
# It takes hosts that the document rules out.
ALSO = ("CG-VAL-001",)
NO_DASH = r"^[^\x00-\x1f\x7f-][^\x00-\x1f\x7f]*(?![\s\S])"


def plant() -> None:
    """Checked before it is split."""
    take_any_host(NO_DASH)

    def ping(host: str, count: int) -> reachability.Reply:
        try:
            words = shlex.split(f"ping -n -c {count} -W 1 {host}")
        except ValueError:
            return reachability.Reply("unreachable", "the host has an open quote")
        return reachability.run(words)

    reachability.ping = ping
