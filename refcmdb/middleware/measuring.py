"""How long every request took, from its first byte here to the last of its answer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from refcmdb.monitoring.figures import OTHER

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from refcmdb.monitoring.figures import RequestFigures

NO_ANSWER = 500


class MeasuringMiddleware:
    """Pure ASGI, around everything else."""

    def __init__(self, app: ASGIApp, *, figures: RequestFigures) -> None:
        self.app, self._figures = app, figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything through as it is."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), NO_ANSWER

        async def send_noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_noted)
        finally:
            elapsed_s = time.perf_counter() - began
            route = getattr(scope.get("route"), "path", OTHER)
            self._figures.observe(route, scope["method"], status, elapsed_s)
