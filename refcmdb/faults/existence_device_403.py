"""The detail of another tenant's device is refused with 403, of none with 404."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.api import reading
from refcmdb.api.problems import Problem
from refcmdb.faults.access import everywhere

if TYPE_CHECKING:
    import msgspec

    from refcmdb.api.reading import Backend
    from refcmdb.api.resource import Resource
    from refcmdb.auth.actors import Actor

KIND = "fault"
CHECK = "CG-AUTHZ-005"
OPERATION = "devices_read"


def plant() -> None:
    """An honest status tells too much."""
    production = reading.read_detail

    async def read_detail(
        backend: Backend, resource: Resource, actor: Actor, number: int
    ) -> msgspec.Struct:
        try:
            return await production(backend, resource, actor, number)
        except Problem as problem:
            if resource.name == "devices":
                await production(backend, resource, everywhere(actor), number)
                raise Problem(403, "this device belongs to another tenant") from problem
            raise

    reading.read_detail = read_detail
