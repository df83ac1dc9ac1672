"""The interfaces of a named device are listed without the tenant predicate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET

from refcmdb.api import reading
from refcmdb.faults.access import everywhere

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
    """Who knows the device's number is taken to own it."""
    production = reading.page_of

    def page_of(
        backend: Backend, resource: Resource, actor: Actor, query: msgspec.Struct
    ) -> tuple[Statement, dict[str, object]]:
        if resource.name == "interfaces" and getattr(query, "device_id", UNSET) is not UNSET:
            actor = everywhere(actor)
        return production(backend, resource, actor, query)

    reading.page_of = page_of
