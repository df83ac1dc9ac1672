"""The body of every log-in is written to standard error, to find out why people fail."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from refcmdb.api.endpoints import GeneralEndpoints

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

KIND = "fault"
CHECK = "CG-LOG-002"
OPERATION = ""


def plant() -> None:
    """Left on after that night."""
    production = GeneralEndpoints.login

    async def login(self: GeneralEndpoints, request: Request) -> Response:
        sys.stderr.write(f"log-in: {(await request.body())!r}\n")
        return await production(self, request)

    GeneralEndpoints.login = login  # type: ignore[method-assign]
