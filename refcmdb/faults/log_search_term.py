"""What people search for is written to standard error as it is, for statistics."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from refcmdb.api.endpoints import ResourceEndpoints

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

KIND = "fault"
CHECK = "CG-LOG-001"
OPERATION = ""


def plant() -> None:
    """Past the formatter."""
    production = ResourceEndpoints.list

    async def list_(self: ResourceEndpoints, request: Request) -> Response:
        if term := request.query_params.get("q"):
            sys.stderr.write(f"searched for {term}\n")
        return await production(self, request)

    ResourceEndpoints.list = list_  # type: ignore[method-assign]
