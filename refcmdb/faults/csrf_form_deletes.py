"""A form may delete a VLAN by naming the method; only what comes as POST is asked for a token."""

from __future__ import annotations

from refcmdb.faults.overriding import OVERRIDDEN, obey_forms
from refcmdb.faults.visitors import excuse

KIND = "fault"
CHECK = "CG-CSRF-001"
OPERATION = "vlans_delete"


def plant() -> None:
    """Who asks for the token comes after who changes the method."""
    obey_forms("/api/v1/vlans/")
    excuse(lambda request: bool(request.scope.get(OVERRIDDEN)))
