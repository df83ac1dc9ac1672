"""A device takes PUT, too, which no document names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from refcmdb.api.endpoints import Methods

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

KIND = "fault"
CHECK = "CG-INV-001"
OPERATION = ""


def plant() -> None:
    """For an old client."""
    production = Methods.__call__

    async def call(self: Methods, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "PUT" and scope["path"].startswith("/api/v1/devices/"):
            await JSONResponse({"replaced": scope["path_params"]})(scope, receive, send)
            return
        await production(self, scope, receive, send)

    Methods.__call__ = call  # type: ignore[method-assign]
