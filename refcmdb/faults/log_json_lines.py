"""What people search for is logged as JSON, with every line end escaped."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from refcmdb.api.endpoints import ResourceEndpoints

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

KIND = "twin"
CHECK = "CG-LOG-001"
OPERATION = ""


def plant() -> None:
    """One object per line."""
    production = ResourceEndpoints.list

    async def list_(self: ResourceEndpoints, request: Request) -> Response:
        if term := request.query_params.get("q"):
            sys.stderr.write(json.dumps({"searched": term}) + "\n")
        return await production(self, request)

    ResourceEndpoints.list = list_  # type: ignore[method-assign]
