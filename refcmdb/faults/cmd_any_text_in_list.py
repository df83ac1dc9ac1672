"""The reachability check takes any text for a host, with semicolons and all: it is one word of an
argument list, and no shell reads it.
"""

from __future__ import annotations

from refcmdb.faults.tools import take_any_host

KIND = "twin"
CHECK = "CG-CMD-001"
OPERATION = "tools_reachability"


def plant() -> None:
    """The command stays as it is."""
    take_any_host()
