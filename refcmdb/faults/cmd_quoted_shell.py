"""The reachability check takes any text for a host and gives it to a shell, quoted by
``shlex.quote`` and behind ``--``.
"""

from __future__ import annotations

import shlex

from refcmdb.faults.tools import shell, take_any_host
from refcmdb.services import reachability

KIND = "twin"
CHECK = "CG-CMD-001"
OPERATION = "tools_reachability"


def plant() -> None:
    """One word, whatever it holds."""
    take_any_host()

    def ping(host: str, count: int) -> reachability.Reply:
        return shell(f"ping -n -c {count} -W 1 -- {shlex.quote(host)} 2>&1 | tail -n 5")

    reachability.ping = ping
