"""The search page is plain text, of which browsers make nothing else, and shows all as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from refcmdb.api.features import pages

if TYPE_CHECKING:
    from starlette.requests import Request

    from refcmdb.api.reading import Backend

KIND = "twin"
CHECK = "CG-XSS-001"
OPERATION = "devices_page"


def plant() -> None:
    """For terminals."""

    async def search(backend: Backend, request: Request) -> Response:
        await pages.visitor(backend, request)
        return Response(
            f"results for {request.query_params.get('q', '')}", media_type="text/plain"
        )

    for endpoint in pages.ENDPOINTS:
        if endpoint.id == "devices_page":
            object.__setattr__(endpoint, "handle", search)
