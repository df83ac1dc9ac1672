"""The reachability check takes any text for a host, and the list of ping's arguments has no
``--``: what begins with a dash is an option.
"""

from __future__ import annotations

from refcmdb.faults.tools import take_any_host
from refcmdb.services import reachability

KIND = "fault"
CHECK = "CG-CMD-002"
OPERATION = "tools_reachability"
# It takes hosts that the document rules out.
ALSO = ("CG-VAL-001",)


def plant() -> None:
    """A list keeps shells out, and nothing else."""
    take_any_host()

    def ping(host: str, count: int) -> reachability.Reply:
        return reachability.run(["ping", "-n", "-c", str(count), "-W", "1", host])

    reachability.ping = ping
