"""Paths that there are not are answered 200 with the page of the application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse

from refcmdb.api import application

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

PAGE = "<!doctype html><title>refcmdb</title><p>Loading {path}</p>"

KIND = "twin"
CHECK = "CG-INV-001"
OPERATION = ""


def plant() -> None:
    """The browser finds its way."""

    async def page(request: Request, error: Exception) -> Response:
        del error
        return HTMLResponse(PAGE.format(path=len(request.url.path)))

    application._no_route = page  # type: ignore[assignment]
