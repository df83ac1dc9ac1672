"""A device's PATCH is written and committed first, and only then refused with 404."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from refcmdb.api.problems import missing
from refcmdb.api.writing import Writer

if TYPE_CHECKING:
    import msgspec

KIND = "fault"
CHECK = "CG-AUTHZ-002"
OPERATION = "devices_update"
ALSO = ("CG-AUTHZ-005",)  # what it writes may be refused, of none it may not


def plant() -> None:
    """The check looks at what was written."""
    production = Writer.patch

    async def patch(self: Writer, number: int, patch: msgspec.Struct) -> msgspec.Struct:
        tenant_id = self.actor.tenant_id
        if self.resource.name != "devices" or tenant_id is None:
            return await production(self, number, patch)
        everywhere = dataclasses.replace(self.actor, tenant_id=None)
        writer = dataclasses.replace(self, actor=everywhere)
        written: Any = await production(writer, number, patch)
        if written.tenant_id != tenant_id:
            raise missing(self.resource.singular)
        device: msgspec.Struct = written
        return device

    Writer.patch = patch  # type: ignore[method-assign]
