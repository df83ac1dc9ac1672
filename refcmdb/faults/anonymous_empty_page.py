"""Without a credential the list of tags is an empty page with status 200."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.api import endpoints
from refcmdb.api.problems import Problem
from refcmdb.faults.access import handle

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from refcmdb.api.endpoints import ResourceEndpoints
    from refcmdb.faults.access import Handler

KIND = "twin"
CHECK = "CG-AUTHZ-008"
OPERATION = "tags_list"


def plant() -> None:
    """Nobody sees nothing, politely."""

    async def instead(production: Handler, self: ResourceEndpoints, request: Request) -> Response:
        try:
            return await production(self, request)
        except Problem as problem:
            if problem.status != 401:
                raise
            return endpoints.json_response({"items": [], "next": None})

    handle("list", "tags", instead)
