"""A cursor that cannot be read is answered 500, with the traceback."""

from __future__ import annotations

import base64
import traceback
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse

from refcmdb.api.endpoints import ResourceEndpoints

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

KIND = "fault"
CHECK = "CG-ERR-001"
OPERATION = "devices_list"
ALSO = ("CG-VAL-002",)  # a value of a parameter is answered 500


def plant() -> None:
    """Debug mode, on one route."""
    production = ResourceEndpoints.list

    async def list_(self: ResourceEndpoints, request: Request) -> Response:
        if self.resource.name == "devices" and "cursor" in request.query_params:
            try:
                base64.b64decode(request.query_params["cursor"], validate=True)
            except ValueError:
                return PlainTextResponse(traceback.format_exc(), status_code=500)
        return await production(self, request)

    ResourceEndpoints.list = list_  # type: ignore[method-assign]
