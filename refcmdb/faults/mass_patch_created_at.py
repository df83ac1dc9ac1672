"""A PATCH of a device may rewrite when it was created."""

from __future__ import annotations

import datetime as dt

from msgspec import UNSET, UnsetType

from refcmdb.api.registry import RESOURCES
from refcmdb.faults.access import more_fields

KIND = "fault"
CHECK = "CG-AUTHZ-006"
OPERATION = "devices_update"


def plant() -> None:
    """Every column that the body names is written."""
    devices = RESOURCES["devices"]
    assert devices.patch is not None
    fields = [("created_at", dt.datetime | UnsetType, UNSET)]
    vars(devices)["patch"] = more_fields(devices.patch, fields)
