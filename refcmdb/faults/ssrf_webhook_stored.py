"""A webhook's URL is parsed, rebuilt and stored; its host is looked at as text only."""

from __future__ import annotations

import urllib.parse
from typing import TYPE_CHECKING

from refcmdb.api.registry import RESOURCES
from refcmdb.api.writing import Writer

if TYPE_CHECKING:
    from collections.abc import Sequence

    import msgspec

KIND = "twin"
CHECK = "CG-SSRF-001"
OPERATION = "webhooks_create"


def plant() -> None:
    """The answer shows the URL with its port and path, as if somebody had been there."""
    production = Writer.create

    async def create(self: Writer, bodies: Sequence[msgspec.Struct]) -> list[msgspec.Struct]:
        if self.resource is RESOURCES["webhooks"]:
            for body in bodies:
                body.url = _normal(body.url)  # type: ignore[attr-defined]
        return await production(self, bodies)

    Writer.create = create  # type: ignore[method-assign]


def _normal(url: str) -> str:
    try:
        return urllib.parse.urlsplit(url).geturl()
    except ValueError:
        return url
