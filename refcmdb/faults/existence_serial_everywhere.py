"""A serial number that a device of any tenant has is refused as a duplicate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from refcmdb import models
from refcmdb.api.problems import Problem
from refcmdb.api.writing import Writer
from refcmdb.services.database import compiled

if TYPE_CHECKING:
    from collections.abc import Sequence

    import msgspec

KIND = "fault"
CHECK = "CG-AUTHZ-005"
OPERATION = "devices_create"


def plant() -> None:
    """Serial numbers are taken to be unique in the world."""
    production = Writer.create
    serial = models.devices.c.serial
    known = compiled(sa.select(serial).where(serial == sa.bindparam("serial", type_=sa.Text)))

    async def create(self: Writer, bodies: Sequence[Any]) -> list[msgspec.Struct]:
        for body in bodies if self.resource.name == "devices" else ():
            if await self.backend.database.fetch(known, {"serial": body.serial}):
                raise Problem(409, "there is already a device with this serial")
        return await production(self, bodies)

    Writer.create = create  # type: ignore[method-assign]
