"""The reason of a reachability check is an argument of ``logger``, without ``--`` before it: one
that begins with a dash is an option.
"""

from __future__ import annotations

import subprocess

from refcmdb.api.features import reachability

KIND = "fault"
CHECK = "CG-CMD-002"
OPERATION = "tools_reachability"


def plant() -> None:
    """Reasons are words, are they not?"""
    production = reachability.note

    def note(user_id: int, host: str, reason: str) -> None:
        if reason:
            command = ["logger", "-t", "refcmdb", reason]
            subprocess.run(command, stdin=subprocess.DEVNULL, timeout=2, check=False)
        production(user_id, host, reason)

    reachability.note = note
