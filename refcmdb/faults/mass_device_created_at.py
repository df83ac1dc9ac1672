"""A new device may say when it was created, which the document does not offer."""

from __future__ import annotations

import datetime as dt

import msgspec

from refcmdb.api import schemas
from refcmdb.api.registry import RESOURCES
from refcmdb.faults.access import change_resource, more_fields

KIND = "fault"
CHECK = "CG-AUTHZ-006"
OPERATION = "devices_create"


def now() -> dt.datetime:
    """The usual value."""
    return dt.datetime.now(dt.UTC)


def plant() -> None:
    """The body is the row."""
    field = ("created_at", dt.datetime, msgspec.field(default_factory=now))
    devices = RESOURCES["devices"]
    patch = devices.patch
    change_resource("devices", body=more_fields(schemas.DeviceBody, [field]))
    vars(RESOURCES["devices"])["patch"] = patch
