"""The refusal of a rack that one may not see names its number and the moment."""

from __future__ import annotations

import datetime as dt
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
OPERATION = "racks_read"


def plant() -> None:
    """No two refusals are the same text, and none tells anything."""
    production = reading.read_detail

    async def read_detail(
        backend: Backend, resource: Resource, actor: Actor, number: int
    ) -> msgspec.Struct:
        try:
            return await production(backend, resource, actor, number)
        except Problem as problem:
            if resource.name != "racks":
                raise
            now = dt.datetime.now(dt.UTC).isoformat()
            raise Problem(404, f"there was no rack {number} for you at {now}") from problem

    reading.read_detail = read_detail
