"""A new site belongs to the tenant that the body names, whoever sends it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from refcmdb.api.writing import Writer
from refcmdb.faults.access import everywhere, owners_otherwise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from refcmdb.api.resource import Resource
    from refcmdb.auth.actors import Actor
    from refcmdb.services.database import Session

KIND = "fault"
CHECK = "CG-AUTHZ-004"
OPERATION = "sites_create"


def plant() -> None:
    """The field was meant for administrators, and so is the look at what was made."""

    async def owners_of(
        session: Session, resource: Resource, actor: Actor, bodies: Sequence[Any]
    ) -> list[int | None]:
        del session, resource
        named = [body.tenant_id for body in bodies]
        return [actor.tenant_id if owner is UNSET else owner for owner in named]

    production = Writer.created

    async def created(self: Writer, session: Session, bodies: Sequence[Any]) -> list[Any]:
        if self.resource.name == "sites" and bodies[0].tenant_id is not UNSET:
            self = dataclasses.replace(self, actor=everywhere(self.actor))
        return await production(self, session, bodies)

    owners_otherwise("sites", owners_of)
    Writer.created = created  # type: ignore[method-assign]
