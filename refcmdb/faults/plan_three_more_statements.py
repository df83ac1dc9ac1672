"""The device list runs three more statements, however long the page is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from refcmdb import models
from refcmdb.api import reading, statements

if TYPE_CHECKING:
    import msgspec

    from refcmdb.api.reading import Backend
    from refcmdb.api.resource import Resource
    from refcmdb.auth.actors import Actor

KIND = "twin"
CHECK = "CG-PLAN-002"
OPERATION = "devices_list"
TABLES = {
    "site_id": models.sites,
    "device_type_id": models.device_types,
    "tenant_id": models.tenants,
}


def plant() -> None:
    """Sites, types and tenants are loaded beside the page."""
    production = reading.list_page

    async def list_page(
        backend: Backend, resource: Resource, actor: Actor, query: msgspec.Struct
    ) -> msgspec.Struct:
        page: Any = await production(backend, resource, actor, query)
        if resource.name == "devices":
            for field, table in TABLES.items():
                numbers = sorted({getattr(device, field) for device in page.items})
                await backend.database.fetch(statements.owners(table), {"ids": numbers})
        result: msgspec.Struct = page
        return result

    reading.list_page = list_page
