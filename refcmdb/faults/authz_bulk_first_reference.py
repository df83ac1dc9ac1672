"""Of many new devices only the first one's references are looked up in the tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from refcmdb.api import references
from refcmdb.faults.access import owners_otherwise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from refcmdb.api.resource import Resource
    from refcmdb.auth.actors import Actor
    from refcmdb.services.database import Session

KIND = "fault"
CHECK = "CG-AUTHZ-004"
OPERATION = "devices_bulk_create"
ALSO = ("CG-AUTHZ-001",)


def plant() -> None:
    """A loop that ends too early."""
    production = references.owners_of

    async def owners_of(
        session: Session, resource: Resource, actor: Actor, bodies: Sequence[Any]
    ) -> list[int | None]:
        return await production(session, resource, actor, bodies[:1]) * len(bodies)

    owners_otherwise("devices", owners_of)
