"""A new site belongs to the tenant of who sends it; a tenant in the body is passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from refcmdb.faults.access import owners_otherwise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from refcmdb.api.resource import Resource
    from refcmdb.auth.actors import Actor
    from refcmdb.services.database import Session

KIND = "twin"
CHECK = "CG-AUTHZ-004"
OPERATION = "sites_create"


def plant() -> None:
    """201 for a body with another tenant's number, and a row of one's own."""

    async def owners_of(
        session: Session, resource: Resource, actor: Actor, bodies: Sequence[Any]
    ) -> list[int | None]:
        del session, resource
        return [actor.tenant_id] * len(bodies)

    owners_otherwise("sites", owners_of)
