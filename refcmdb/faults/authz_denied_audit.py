"""A PATCH of another tenant's device changes nothing and is answered 404, but
leaves a "denied" row in the change log of the actor's own tenant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb import models
from refcmdb.api import statements
from refcmdb.api.problems import Problem
from refcmdb.api.writing import CHANGE_COLUMNS, Writer
from refcmdb.services.cache import keys

if TYPE_CHECKING:
    import msgspec

KIND = "twin"
CHECK = "CG-AUTHZ-002"
OPERATION = "devices_update"


def plant() -> None:
    """Attempts are written down."""
    production = Writer.patch

    async def patch(self: Writer, number: int, patch: msgspec.Struct) -> msgspec.Struct:
        try:
            return await production(self, number, patch)
        except Problem as problem:
            if self.resource.name != "devices" or problem.status != 404:
                raise
            if not await _exists(self, number):
                raise
            await _note(self, number)
            raise

    Writer.patch = patch  # type: ignore[method-assign]


async def _exists(writer: Writer, number: int) -> bool:
    statement = statements.owners(models.devices)
    return bool(await writer.backend.database.fetch(statement, {"ids": [number]}))


async def _note(writer: Writer, number: int) -> None:
    tenant_id = writer.actor.tenant_id
    row = (tenant_id, "devices", number, "denied", None, None, writer.actor.id, writer.request_id)
    values = {name: [value] for name, value in zip(CHANGE_COLUMNS, row, strict=True)}
    statement = statements.insert(models.changes, CHANGE_COLUMNS)
    await writer.backend.database.fetch(statement, values)
    await writer.backend.cache.invalidate(
        [keys.list_tag("changes", tenant_id), keys.list_tag("changes", None)]
    )
