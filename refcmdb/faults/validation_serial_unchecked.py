"""A new device's serial is not validated; the database refuses it and the answer is 500."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from refcmdb.api import endpoints
from refcmdb.api.registry import RESOURCES
from refcmdb.api.schemas import DeviceBody

if TYPE_CHECKING:
    from refcmdb.api.resource import Resource
    from refcmdb.api.values import Kind

KIND = "fault"
CHECK = "CG-VAL-001"
OPERATION = "devices_create"


class UncheckedDevice(DeviceBody, kw_only=True):
    """A device of a site."""

    serial: str


def plant() -> None:
    """Only the single create; patch and bulk create keep their types."""
    production = RESOURCES["devices"]
    unchecked = dataclasses.replace(production, body=UncheckedDevice)
    vars(unchecked)["patch"] = production.patch
    RESOURCES["devices"] = unchecked
    bulk_body = endpoints.bulk_body

    def production_bulk_body(resource: Resource) -> Kind:
        return bulk_body(production if resource is unchecked else resource)

    endpoints.bulk_body = production_bulk_body
