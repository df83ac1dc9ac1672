"""A saved view that is shared is shown to other tenants, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.api import reading
from refcmdb.faults.access import everywhere

if TYPE_CHECKING:
    import msgspec

    from refcmdb.api.reading import Backend
    from refcmdb.api.resource import Resource
    from refcmdb.auth.actors import Actor

KIND = "fault"
CHECK = "CG-AUTHZ-001"
OPERATION = "saved_views_read"


def plant() -> None:
    """Shared is taken to mean with everybody."""
    production = reading.read_detail

    async def read_detail(
        backend: Backend, resource: Resource, actor: Actor, number: int
    ) -> msgspec.Struct:
        if resource.name == "saved_views":
            actor = everywhere(actor)
        return await production(backend, resource, actor, number)

    reading.read_detail = read_detail
