"""The number of a site may be any: one beyond 64 bits is nothing the driver can send."""

from __future__ import annotations

from refcmdb.faults.planting_values import read_any_site

KIND = "fault"
CHECK = "CG-VAL-002"
OPERATION = "sites_read"


def plant() -> None:
    """Only when a site is read."""
    read_any_site(int)
