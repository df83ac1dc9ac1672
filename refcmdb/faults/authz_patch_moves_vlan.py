"""A PATCH can give a VLAN of one's own to another tenant."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from msgspec import UNSET, UnsetType

from refcmdb.api import reading
from refcmdb.api.registry import RESOURCES
from refcmdb.api.writing import Writer
from refcmdb.faults.access import everywhere, more_fields

if TYPE_CHECKING:
    import msgspec

KIND = "fault"
CHECK = "CG-AUTHZ-004"
OPERATION = "vlans_update"


def plant() -> None:
    """The owner is a field like all others."""
    vlans = RESOURCES["vlans"]
    assert vlans.patch is not None
    fields = [("tenant_id", int | UnsetType, UNSET)]
    vars(vlans)["patch"] = more_fields(vlans.patch, fields)
    production = Writer.patch

    async def patch(self: Writer, number: int, patch: msgspec.Struct) -> msgspec.Struct:
        if self.resource.name == "vlans":
            await reading.read_detail(self.backend, self.resource, self.actor, number)
            self = dataclasses.replace(self, actor=everywhere(self.actor))
        return await production(self, number, patch)

    Writer.patch = patch  # type: ignore[method-assign]
