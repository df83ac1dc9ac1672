"""A new webhook's URL is asked whether it answers, by a client that knows of no rules."""

from __future__ import annotations

import asyncio
import http.client
import urllib.parse
from typing import TYPE_CHECKING

from refcmdb.api.registry import RESOURCES
from refcmdb.api.writing import Writer

if TYPE_CHECKING:
    from collections.abc import Sequence

    import msgspec

KIND = "fault"
CHECK = "CG-SSRF-001"
OPERATION = "webhooks_create"
PATIENCE_S = 0.5


def plant() -> None:
    """Deliveries keep the rules; the question before does not (of this machine only)."""
    production = Writer.create

    async def create(self: Writer, bodies: Sequence[msgspec.Struct]) -> list[msgspec.Struct]:
        if self.resource is RESOURCES["webhooks"]:
            for body in bodies:
                await asyncio.to_thread(_ask, body.url)  # type: ignore[attr-defined]
        return await production(self, bodies)

    Writer.create = create  # type: ignore[method-assign]


def _ask(url: str) -> None:
    parts = urllib.parse.urlsplit(url)
    if parts.hostname not in {"127.0.0.1", "localhost", "127.0.0.2"}:
        return  # a planted fault leaves the machine alone
    connection = http.client.HTTPConnection(parts.netloc, timeout=PATIENCE_S)
    try:
        connection.request("HEAD", parts.path or "/")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        pass
    finally:
        connection.close()
