"""What the faults of pages that only browsers get have in common."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse

from refcmdb.faults.access import Handler, handle

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from refcmdb.api.endpoints import ResourceEndpoints


def show_devices_to_browsers(shown: Callable[[str], str]) -> None:
    """Answer a browser that reads a device with a page, the comments as ``shown`` makes them."""

    async def read(production: Handler, self: ResourceEndpoints, request: Request) -> Response:
        response = await production(self, request)
        if "text/html" not in request.headers.get("Accept", ""):
            return response
        comments = json.loads(bytes(response.body)).get("comments") or ""
        return HTMLResponse(f"<!doctype html><title>Device</title><p>{shown(comments)}</p>")

    handle("read", "devices", read)
