"""A viewer may send a new site and gets it back as a preview; nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.api import endpoints
from refcmdb.api.requests import read_body
from refcmdb.faults.access import handle

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from refcmdb.api.endpoints import ResourceEndpoints
    from refcmdb.faults.access import Handler

KIND = "twin"
CHECK = "CG-AUTHZ-003"
OPERATION = "sites_create"


def plant() -> None:
    """Status 200, and no row."""

    async def instead(production: Handler, self: ResourceEndpoints, request: Request) -> Response:
        actor = await endpoints.who_asks(self._backend, request)
        if actor.writes:
            return await production(self, request)
        body = await read_body(request, self.resource.body)
        return endpoints.json_response({"preview": body})

    handle("create", "sites", instead)
