"""The reason of a reachability check is an argument of ``logger``, dash or not; it stands behind
``--``, where nothing is an option.
"""

from __future__ import annotations

from refcmdb.api.features import reachability
from refcmdb.services.reachability import run

KIND = "twin"
CHECK = "CG-CMD-002"
OPERATION = "tools_reachability"


def plant() -> None:
    """What begins with a dash is a text here."""

    def note(_user_id: int, _host: str, reason: str) -> None:
        run(["logger", "-t", "refcmdb", "--id", "--", reason])

    reachability.note = note
