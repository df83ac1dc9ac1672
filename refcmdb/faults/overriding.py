"""What faults and twins of forms that name another method have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.requests import Request

from refcmdb.api.endpoints import Methods

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

OVERRIDDEN = "refcmdb.overridden"


def obey_forms(path: str) -> None:
    """Let a form delete what lies below a path; ``csrf_token`` is taken over as a header."""
    production = Methods.__call__

    async def call(self: Methods, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "POST" and scope["path"].startswith(path):
            body = await Request(scope, receive).body()
            fields = parse_qs(body.decode("latin-1"))
            if fields.get("_method") == ["DELETE"]:
                given = fields.get("csrf_token", [""])[0].encode("latin-1")
                headers = [*scope["headers"], (b"x-csrf-token", given)]
                scope = {**scope, "method": "DELETE", "headers": headers, OVERRIDDEN: True}
            receive = _again(body)
        await production(self, scope, receive, send)

    Methods.__call__ = call  # type: ignore[method-assign]


def _again(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
