"""A form may delete a VLAN by naming the method, with the token of its session."""

from __future__ import annotations

from refcmdb.faults.overriding import obey_forms

KIND = "twin"
CHECK = "CG-CSRF-001"
OPERATION = "vlans_delete"


def plant() -> None:
    """For pages without scripts."""
    obey_forms("/api/v1/vlans/")
