"""The detail of a site is read without the tenant predicate."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from refcmdb.api import reading

if TYPE_CHECKING:
    import msgspec

    from refcmdb.api.reading import Backend
    from refcmdb.api.resource import Resource
    from refcmdb.auth.actors import Actor

KIND = "fault"
CHECK = "CG-AUTHZ-001"
OPERATION = "sites_read"


def plant() -> None:
    """Whoever has the number has the site."""
    production = reading.read_detail

    async def read_detail(
        backend: Backend, resource: Resource, actor: Actor, number: int
    ) -> msgspec.Struct:
        if resource.name == "sites":
            actor = dataclasses.replace(actor, tenant_id=None)
        return await production(backend, resource, actor, number)

    reading.read_detail = read_detail
