"""A VLAN is deleted without the tenant predicate."""

from __future__ import annotations

import dataclasses

from refcmdb.api.writing import Writer

KIND = "fault"
CHECK = "CG-AUTHZ-002"
OPERATION = "vlans_delete"


def plant() -> None:
    """Whoever may delete may delete everything."""
    production = Writer.delete

    async def delete(self: Writer, number: int) -> None:
        if self.resource.name == "vlans":
            everywhere = dataclasses.replace(self.actor, tenant_id=None)
            self = dataclasses.replace(self, actor=everywhere)
        await production(self, number)

    Writer.delete = delete  # type: ignore[method-assign]
