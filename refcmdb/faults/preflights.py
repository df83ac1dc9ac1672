"""What faults and twins of requests that browsers ask about first have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.middleware.security.cors import CorsMiddleware

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send


def agree(methods: str) -> None:
    """Let every origin send JSON by some methods; what it may read stays as it is."""
    production = CorsMiddleware.__call__

    async def call(self: CorsMiddleware, scope: Scope, receive: Receive, send: Send) -> None:
        told = dict(scope.get("headers", ()))
        if scope.get("method") != "OPTIONS" or b"access-control-request-method" not in told:
            await production(self, scope, receive, send)
            return
        await send(_answer(told.get(b"origin", b""), methods))
        await send({"type": "http.response.body", "body": b""})

    CorsMiddleware.__call__ = call  # type: ignore[method-assign]


def _answer(origin: bytes, methods: str) -> Message:
    headers = [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-allow-methods", methods.encode()),
        (b"access-control-allow-headers", b"content-type"),
        (b"vary", b"Origin"),
    ]
    return {"type": "http.response.start", "status": 204, "headers": headers}
