"""Deleting a VLAN looks at the tenant and not at the role."""

from __future__ import annotations

from refcmdb.faults.access import without_role_check

KIND = "fault"
CHECK = "CG-AUTHZ-003"
OPERATION = "vlans_delete"


def plant() -> None:
    """A method of a path was forgotten."""
    without_role_check("delete", "vlans")
