"""A new rack is answered with what its body said of columns, too; the row has what it should."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from refcmdb.api import endpoints
from refcmdb.faults.access import handle, pass_over_columns

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from refcmdb.api.endpoints import ResourceEndpoints
    from refcmdb.faults.access import Handler

KIND = "twin"
CHECK = "CG-AUTHZ-006"
OPERATION = "racks_create"


def plant() -> None:
    """The answer shows the value, the row does not."""

    async def instead(production: Handler, self: ResourceEndpoints, request: Request) -> Response:
        sent = await request.body()
        await pass_over_columns(request, self.resource)
        answer = await production(self, request)
        told = {**msgspec.json.decode(sent), **msgspec.json.decode(bytes(answer.body))}
        location = answer.headers["Location"]
        return endpoints.json_response(told, status=201, headers={"Location": location})

    handle("create", "racks", instead)
