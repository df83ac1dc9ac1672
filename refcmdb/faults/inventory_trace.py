"""TRACE gives back the request with all its headers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from refcmdb.api.endpoints import Methods

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

KIND = "fault"
CHECK = "CG-INV-001"
OPERATION = ""


def plant() -> None:
    """Some servers have it on by default."""
    production = Methods.__call__

    async def call(self: Methods, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "TRACE":
            text = b"\r\n".join(name + b": " + value for name, value in scope["headers"])
            await Response(text, media_type="message/http")(scope, receive, send)
            return
        await production(self, scope, receive, send)

    Methods.__call__ = call  # type: ignore[method-assign]
