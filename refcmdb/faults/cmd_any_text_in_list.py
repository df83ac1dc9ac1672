"""The reason of a reachability check goes to the system's journal as one word of an argument list,
with semicolons and all: no shell reads it.
"""

from __future__ import annotations

from refcmdb.api.features import reachability
from refcmdb.services.reachability import run

KIND = "twin"
CHECK = "CG-CMD-001"
OPERATION = "tools_reachability"


def plant() -> None:
    """What a list holds is no command."""

    def note(user_id: int, _host: str, reason: str) -> None:
        run(["logger", "-t", f"refcmdb-{user_id}", "--", reason])

    reachability.note = note
