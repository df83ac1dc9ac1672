"""A new site belongs to the tenant that the body names, whoever sends it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from refcmdb.faults.access import owners_otherwise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from refcmdb.api.resource import Resource
    from refcmdb.auth.actors import Actor
    from refcmdb.services.database import Session

KIND = "fault"
CHECK = "CG-AUTHZ-004"
OPERATION = "sites_create"


def plant() -> None:
    """The field was meant for administrators."""

    async def owners_of(
        session: Session, resource: Resource, actor: Actor, bodies: Sequence[Any]
    ) -> list[int | None]:
        del session, resource
        named = [body.tenant_id for body in bodies]
        return [actor.tenant_id if owner is UNSET else owner for owner in named]

    owners_otherwise("sites", owners_of)
