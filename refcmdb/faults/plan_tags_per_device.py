"""The device list fetches the tags of each device with a statement of its own (N+1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from refcmdb import models
from refcmdb.api import reading
from refcmdb.services.database import compiled

if TYPE_CHECKING:
    import msgspec

    from refcmdb.api.reading import Backend
    from refcmdb.api.resource import Resource
    from refcmdb.auth.actors import Actor

KIND = "fault"
CHECK = "CG-PLAN-002"
OPERATION = "devices_list"

TAGS_OF_ONE = compiled(
    sa.select(models.tags.c.name)
    .join(models.device_tags, models.device_tags.c.tag_id == models.tags.c.id)
    .where(models.device_tags.c.device_id == sa.bindparam("id", type_=sa.BigInteger))
    .order_by(models.tags.c.name)
)


def plant() -> None:
    """Tags are loaded where they are shown."""
    production = reading.list_page

    async def list_page(
        backend: Backend, resource: Resource, actor: Actor, query: msgspec.Struct
    ) -> msgspec.Struct:
        page: Any = await production(backend, resource, actor, query)
        if resource.name == "devices":
            for device in page.items:
                rows = await backend.database.fetch(TAGS_OF_ONE, {"id": device.id})
                device.tags = [name for (name,) in rows]
        result: msgspec.Struct = page
        return result

    reading.list_page = list_page
