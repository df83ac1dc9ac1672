"""Administrators, who see every tenant, are shown the views that people keep for themselves."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from refcmdb.api import reading
from refcmdb.api.registry import RESOURCES

if TYPE_CHECKING:
    import msgspec

    from refcmdb.api.reading import Backend
    from refcmdb.api.resource import Resource
    from refcmdb.auth.actors import Actor

KIND = "twin"
CHECK = "CG-AUTHZ-001"
OPERATION = "saved_views_read"


def plant() -> None:
    """Nobody else is."""
    production = reading.read_detail
    every = dataclasses.replace(RESOURCES["saved_views"], personal=False)

    async def read_detail(
        backend: Backend, resource: Resource, actor: Actor, number: int
    ) -> msgspec.Struct:
        if resource.name == "saved_views" and actor.administers:
            resource = every
        return await production(backend, resource, actor, number)

    reading.read_detail = read_detail
