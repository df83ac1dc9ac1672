"""A contact may be assigned to an object of another tenant."""

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
OPERATION = "contact_assignments_create"


def plant() -> None:
    """The contact is one's own; that the database has such an object is taken to be enough."""

    async def owners_of(
        session: Session, resource: Resource, actor: Actor, bodies: Sequence[Any]
    ) -> list[int | None]:
        for body in bodies:
            given = {"contact_id": body.contact_id}
            await references.check_references(
                session, resource, actor, given, owner=actor.tenant_id
            )
        return [actor.tenant_id] * len(bodies)

    owners_otherwise("contact_assignments", owners_of)
