"""/debug/vars shows the settings of the process to whoever asks."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse
from starlette.routing import Route

from refcmdb.api import application

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from refcmdb.api.reading import Backend

KIND = "fault"
CHECK = "CG-INV-001"
OPERATION = ""


def plant() -> None:
    """Handy on the first day."""
    production = application._general_routes

    def routes(backend: Backend) -> list[Route]:
        async def show(_request: Request) -> Response:
            names = [field.name for field in dataclasses.fields(backend.settings)]
            return JSONResponse({name: str(getattr(backend.settings, name)) for name in names})

        return [Route("/debug/vars", show), *production(backend)]

    application._general_routes = routes
