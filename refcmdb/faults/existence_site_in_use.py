"""That racks stand in a site is said before anybody looks whose site it is."""

from __future__ import annotations

import sqlalchemy as sa

from refcmdb import models
from refcmdb.api import reading
from refcmdb.api.problems import Problem
from refcmdb.api.writing import Writer
from refcmdb.services.database import compiled

KIND = "fault"
CHECK = "CG-AUTHZ-005"
OPERATION = "sites_delete"


def plant() -> None:
    """The order of two checks."""
    production = Writer.delete
    column = models.sites.c.id
    there = compiled(sa.select(column).where(column == sa.bindparam("id", type_=sa.BigInteger)))

    async def delete(self: Writer, number: int) -> None:
        if self.resource.name == "sites":
            scope = {"id": number}
            try:
                await reading.read_detail(self.backend, self.resource, self.actor, number)
            except Problem as problem:
                if await self.backend.database.fetch(there, scope):
                    raise Problem(409, "other objects refer to it") from problem
        await production(self, number)

    Writer.delete = delete  # type: ignore[method-assign]
