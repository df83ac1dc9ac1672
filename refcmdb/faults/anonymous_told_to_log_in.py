"""Who deletes a prefix without a credential is told with status 200 to log in first."""

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
OPERATION = "prefixes_delete"


def plant() -> None:
    """A status of success for a refusal."""

    async def instead(production: Handler, self: ResourceEndpoints, request: Request) -> Response:
        try:
            return await production(self, request)
        except Problem as problem:
            if problem.status != 401:
                raise
            return endpoints.json_response({"status": 401, "detail": "log in first"})

    handle("delete", "prefixes", instead)
