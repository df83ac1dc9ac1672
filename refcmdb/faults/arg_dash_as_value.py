"""The reachability check takes hosts that begin with a dash, and gives them to ``sh`` as a
positional parameter of a constant script, in quotes and behind ``--``.
"""

from __future__ import annotations

from refcmdb.faults.tools import take_any_host
from refcmdb.services import reachability

KIND = "twin"
CHECK = "CG-CMD-002"
OPERATION = "tools_reachability"
SCRIPT = 'exec ping -n -c "$1" -W 1 -- "$2"'


def plant() -> None:
    """A word that begins with a dash, and is the value of $2."""
    take_any_host()

    def ping(host: str, count: int) -> reachability.Reply:
        return reachability.run(["sh", "-c", SCRIPT, "ping", str(count), host])

    reachability.ping = ping
