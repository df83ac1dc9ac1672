"""The list of people shows the hashes of their passwords."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from refcmdb.api.features import people
from refcmdb.models import users
from refcmdb.services.database import compiled

if TYPE_CHECKING:
    from refcmdb.api.reading import Backend
    from refcmdb.auth.actors import Actor

KIND = "fault"
CHECK = "CG-AUTHZ-007"
OPERATION = "users_list"


def plant() -> None:
    """The rows as they are."""

    async def people_of(backend: Backend, actor: Actor) -> object:
        statement = compiled(sa.select(users).where(users.c.tenant_id == actor.tenant_id))
        if actor.tenant_id is None:
            statement = compiled(sa.select(users))
        names = list(users.c.keys())
        rows = await backend.database.fetch(statement, {"tenant_id_1": actor.tenant_id})
        return {"items": [dict(zip(names, row, strict=True)) for row in rows]}

    people.people_of = people_of
