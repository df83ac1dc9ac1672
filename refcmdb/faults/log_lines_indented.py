"""What people search for is logged over several lines, each behind a mark of its own."""

from __future__ import annotations

import re
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
    """Easy to read, and what was sent never begins a line."""
    production = ResourceEndpoints.list

    async def list_(self: ResourceEndpoints, request: Request) -> Response:
        if term := request.query_params.get("q"):
            shown = re.sub(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]", "?", term)
            sys.stderr.writelines(f"| {line}\n" for line in re.split(r"[\r\n]+", shown))
        return await production(self, request)

    ResourceEndpoints.list = list_  # type: ignore[method-assign]
