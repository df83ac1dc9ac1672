"""The reason of a reachability check is a positional parameter of a constant script, which uses it
in quotes and behind ``--``: a word of the list that begins with a dash, and no option.
"""

from __future__ import annotations

from refcmdb.api.features import reachability
from refcmdb.services.reachability import run

KIND = "twin"
CHECK = "CG-CMD-002"
OPERATION = "tools_reachability"
SCRIPT = 'exec logger -t "$1" -- "$2"'


def plant() -> None:
    """The value of $2."""

    def note(_user_id: int, _host: str, reason: str) -> None:
        run(["sh", "-c", SCRIPT, "note", "refcmdb", reason])

    reachability.note = note
