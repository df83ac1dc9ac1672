"""The bulk create of devices looks at the tenant and not at the role."""

from __future__ import annotations

from refcmdb.faults.access import without_role_check

KIND = "fault"
CHECK = "CG-AUTHZ-003"
OPERATION = "devices_bulk_create"


def plant() -> None:
    """The way for scripts was added later, without the check."""
    without_role_check("bulk_create", "devices")
