"""Which other origins may read answers in a browser: none, unless the settings name them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHODS = b"GET, POST, PATCH, DELETE"
HEADERS = b"authorization, content-type, x-csrf-token"
KEPT_S = b"600"


def headers_for(origin: str, origins: Collection[str]) -> dict[str, str]:
    """What an answer to a page of ``origin`` says about who may read it."""
    if origin not in origins:
        return {}
    return {
        "access-control-allow-origin": origin,
        "access-control-allow-credentials": "true",
    }


class CorsMiddleware:
    """Pure ASGI: answers preflights of allowed origins, and marks answers to them."""

    def __init__(self, app: ASGIApp, *, origins: Collection[str]) -> None:
        self.app, self._origins = app, origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Requests without an Origin header pass as they are."""
        sent = {name: value for name, value in scope.get("headers", ()) if name in _ASKING}
        if b"origin" not in sent:
            await self.app(scope, receive, send)
            return
        allowed = headers_for(sent[b"origin"].decode("latin-1"), self._origins)
        added = [(name.encode(), value.encode("latin-1")) for name, value in allowed.items()]
        if allowed and scope["method"] == "OPTIONS" and b"access-control-request-method" in sent:
            await _preflight(send, added)
            return

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *added, (b"vary", b"Origin")]
            await send(message)

        await self.app(scope, receive, send_marked)


_ASKING = frozenset({b"origin", b"access-control-request-method"})


async def _preflight(send: Send, added: list[tuple[bytes, bytes]]) -> None:
    headers = [
        *added,
        (b"access-control-allow-methods", METHODS),
        (b"access-control-allow-headers", HEADERS),
        (b"access-control-max-age", KEPT_S),
        (b"vary", b"Origin"),
    ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
