"""A new site belongs to the tenant of who sends it; a tenant in the body is passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from refcmdb.api import references
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
    """201 for a body with another tenant's number, and a row that is and refers to one's own."""

    async def owners_of(
        session: Session, resource: Resource, actor: Actor, bodies: Sequence[Any]
    ) -> list[int | None]:
        owners = [actor.tenant_id] * len(bodies)
        named = [msgspec.structs.asdict(body) for body in bodies]
        await references.check_all(session, resource, actor, named, owners)
        return owners

    owners_otherwise("sites", owners_of)
