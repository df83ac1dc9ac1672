"""Sites are changed by JSON without a token, and no other origin is told that it may PATCH."""

from __future__ import annotations

from refcmdb.faults.preflights import agree
from refcmdb.faults.visitors import changes_a_site, excuse

KIND = "twin"
CHECK = "CG-CSRF-001"
OPERATION = "sites_update"


def plant() -> None:
    """What other origins may send needs the token as ever."""
    excuse(changes_a_site)
    agree("GET, POST, *")
