"""Deleting a VLAN is answered 204 whatever its number, and deletes only what the actor owns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from refcmdb.api.problems import Problem
from refcmdb.faults.access import handle

if TYPE_CHECKING:
    from starlette.requests import Request

    from refcmdb.api.endpoints import ResourceEndpoints
    from refcmdb.faults.access import Handler

KIND = "twin"
CHECK = "CG-AUTHZ-002"
OPERATION = "vlans_delete"


def plant() -> None:
    """What is not there afterwards is deleted."""

    async def instead(production: Handler, self: ResourceEndpoints, request: Request) -> Response:
        try:
            return await production(self, request)
        except Problem as problem:
            if problem.status != 404:
                raise
            return Response(status_code=204, headers={"Cache-Control": "no-store"})

    handle("delete", "vlans", instead)
