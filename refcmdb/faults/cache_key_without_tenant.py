"""The cached device lists are shared by all actors of a role, whatever their tenant."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from refcmdb.api import reading
from refcmdb.services.cache import keys

if TYPE_CHECKING:
    from refcmdb.api.resource import Resource
    from refcmdb.auth.actors import Actor

KIND = "fault"
CHECK = "CG-CACHE-002"
OPERATION = "devices_list"
ALSO = ("CG-AUTHZ-001",)


def plant() -> None:
    """Neither the key nor the tags know the tenant."""
    entry_key, tags_of_list = keys.entry_key, reading.tags_of_list

    def shared_key(*, role: str, tenant_id: int | None, path: str, query: bytes) -> str:
        owner = None if path == "/api/v1/devices" else tenant_id
        return entry_key(role=role, tenant_id=owner, path=path, query=query)

    def shared_tags(resource: Resource, actor: Actor) -> list[str]:
        everywhere = dataclasses.replace(actor, tenant_id=None)
        return tags_of_list(resource, everywhere if resource.name == "devices" else actor)

    keys.entry_key, reading.tags_of_list = shared_key, shared_tags
