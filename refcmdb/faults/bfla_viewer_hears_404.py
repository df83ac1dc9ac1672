"""A viewer who tries to change a device is told that it does not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.api.problems import Problem, missing
from refcmdb.faults.access import handle

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from refcmdb.api.endpoints import ResourceEndpoints
    from refcmdb.faults.access import Handler

KIND = "twin"
CHECK = "CG-AUTHZ-003"
OPERATION = "devices_update"


def plant() -> None:
    """A refusal is a refusal, whatever its number."""

    async def instead(production: Handler, self: ResourceEndpoints, request: Request) -> Response:
        try:
            return await production(self, request)
        except Problem as problem:
            if problem.status != 403:
                raise
            raise missing(self.resource.singular) from problem

    handle("update", "devices", instead)
