"""A new device with a rack of another tenant is created without a rack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from refcmdb.api import references
from refcmdb.api.problems import Problem
from refcmdb.faults.access import owners_otherwise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from refcmdb.api.resource import Resource
    from refcmdb.auth.actors import Actor
    from refcmdb.services.database import Session

KIND = "twin"
CHECK = "CG-AUTHZ-004"
OPERATION = "devices_create"


def plant() -> None:
    """201 for a foreign reference, and a row that does not refer to it."""
    production = references.owners_of

    async def owners_of(
        session: Session, resource: Resource, actor: Actor, bodies: Sequence[Any]
    ) -> list[int | None]:
        for body in bodies:
            try:
                given = {"rack_id": body.rack_id}
                await references.check_references(
                    session, resource, actor, given, owner=actor.tenant_id
                )
            except Problem:
                body.rack_id = None
        return await production(session, resource, actor, bodies)

    owners_otherwise("devices", owners_of)
