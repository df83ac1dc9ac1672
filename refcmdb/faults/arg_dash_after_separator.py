"""The reachability check takes hosts that begin with a dash; they stand behind ``--``, where
nothing is an option.
"""

from __future__ import annotations

from refcmdb.faults.tools import take_any_host
from refcmdb.services import reachability

KIND = "twin"
CHECK = "CG-CMD-002"
OPERATION = "tools_reachability"


def plant() -> None:
    """Another order of the arguments, the same end."""
    take_any_host(r"^[A-Za-z0-9._:=-]+(?![\s\S])")

    def ping(host: str, count: int) -> reachability.Reply:
        return reachability.run(["ping", "-W", "1", "-c", str(count), "--", host])

    reachability.ping = ping
