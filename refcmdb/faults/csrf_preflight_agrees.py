"""Sites are changed by JSON, about which browsers ask first; and they are told that all may."""

from __future__ import annotations

from refcmdb.faults.preflights import agree
from refcmdb.faults.visitors import changes_a_site, excuse

KIND = "fault"
CHECK = "CG-CSRF-001"
OPERATION = "sites_update"


def plant() -> None:
    """Two teams relied on each other: no token here, no list of origins there."""
    excuse(changes_a_site)
    agree("GET, POST, PATCH")
