"""The detail of a site that one may not see is refused with 403, whether there is one or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.api import reading
from refcmdb.api.problems import Problem

if TYPE_CHECKING:
    import msgspec

    from refcmdb.api.reading import Backend
    from refcmdb.api.resource import Resource
    from refcmdb.auth.actors import Actor

KIND = "twin"
CHECK = "CG-AUTHZ-005"
OPERATION = "sites_read"


def plant() -> None:
    """One answer for both, only not the usual one."""
    production = reading.read_detail

    async def read_detail(
        backend: Backend, resource: Resource, actor: Actor, number: int
    ) -> msgspec.Struct:
        try:
            return await production(backend, resource, actor, number)
        except Problem as problem:
            if resource.name == "sites":
                raise Problem(403, "this is not your site") from problem
            raise

    reading.read_detail = read_detail
