"""The interface list's ``tenant_id`` filter takes the place of the actor's own tenant."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from msgspec import UNSET

from refcmdb.api import reading

if TYPE_CHECKING:
    import msgspec

    from refcmdb.api.reading import Backend
    from refcmdb.api.resource import Resource
    from refcmdb.auth.actors import Actor
    from refcmdb.services.database import Statement

KIND = "fault"
CHECK = "CG-AUTHZ-001"
OPERATION = "interfaces_list"


def plant() -> None:
    """Who filters by tenant is taken to know what they may see."""
    production = reading.page_of

    def page_of(
        backend: Backend, resource: Resource, actor: Actor, query: msgspec.Struct
    ) -> tuple[Statement, dict[str, object]]:
        if resource.name == "interfaces" and getattr(query, "tenant_id", UNSET) is not UNSET:
            actor = dataclasses.replace(actor, tenant_id=None)
        return production(backend, resource, actor, query)

    reading.page_of = page_of
