"""An assignment to an object that its tenant does not have is answered 404 instead of 422."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from refcmdb.api import references
from refcmdb.api.problems import Problem, missing
from refcmdb.faults.access import owners_otherwise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from refcmdb.api.resource import Resource
    from refcmdb.auth.actors import Actor
    from refcmdb.services.database import Session

KIND = "twin"
CHECK = "CG-AUTHZ-004"
OPERATION = "contact_assignments_create"


def plant() -> None:
    """Of another tenant's and of none it says the same."""
    production = references.owners_of

    async def owners_of(
        session: Session, resource: Resource, actor: Actor, bodies: Sequence[Any]
    ) -> list[int | None]:
        try:
            return await production(session, resource, actor, bodies)
        except Problem as problem:
            raise missing("an object") from problem

    owners_otherwise("contact_assignments", owners_of)
