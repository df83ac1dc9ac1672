"""The name of everybody who logs in is logged, and that a password was given."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from refcmdb.api.endpoints import GeneralEndpoints

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

KIND = "twin"
CHECK = "CG-LOG-002"
OPERATION = ""


def plant() -> None:
    """A field is called password, and holds none."""
    production = GeneralEndpoints.login

    async def login(self: GeneralEndpoints, request: Request) -> Response:
        told = {"password": "given" if b"password" in await request.body() else "missing"}
        sys.stderr.write(json.dumps(told) + "\n")
        return await production(self, request)

    GeneralEndpoints.login = login  # type: ignore[method-assign]
