"""What a new site's body says of columns that nobody may set is passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.faults.access import handle, pass_over_columns

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from refcmdb.api.endpoints import ResourceEndpoints
    from refcmdb.faults.access import Handler

KIND = "twin"
CHECK = "CG-AUTHZ-006"
OPERATION = "sites_create"


def plant() -> None:
    """201 for a body with columns of the table in it, none of which is set."""

    async def instead(production: Handler, self: ResourceEndpoints, request: Request) -> Response:
        await pass_over_columns(request, self.resource)
        return await production(self, request)

    handle("create", "sites", instead)
