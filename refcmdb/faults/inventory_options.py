"""OPTIONS is answered 200 everywhere, and HEAD wherever there is GET."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from refcmdb.api.endpoints import Methods

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

KIND = "twin"
CHECK = "CG-INV-001"
OPERATION = ""


def plant() -> None:
    """As RFC 9110 has it."""
    production = Methods.__call__

    async def call(self: Methods, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "OPTIONS":
            allowed = sorted(self._handlers)
            headers = {"Allow": ", ".join(allowed)}
            await JSONResponse({"methods": allowed}, headers=headers)(scope, receive, send)
            return
        if scope["method"] == "HEAD" and "GET" in self._handlers:
            scope["method"] = "GET"
        await production(self, scope, receive, send)

    Methods.__call__ = call  # type: ignore[method-assign]
