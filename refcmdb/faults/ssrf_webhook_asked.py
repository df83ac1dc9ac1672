"""A new webhook's URL is asked whether it answers, by a client that knows of no rules."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from refcmdb.api.registry import RESOURCES
from refcmdb.api.writing import Writer
from refcmdb.faults.asking import asked

if TYPE_CHECKING:
    from collections.abc import Sequence

    import msgspec

KIND = "fault"
CHECK = "CG-SSRF-001"
OPERATION = "webhooks_create"


def plant() -> None:
    """Deliveries keep the rules; the question before does not (of this machine only)."""
    production = Writer.create

    async def create(self: Writer, bodies: Sequence[msgspec.Struct]) -> list[msgspec.Struct]:
        if self.resource is RESOURCES["webhooks"]:
            for body in bodies:
                await asyncio.to_thread(asked, "HEAD", body.url)  # type: ignore[attr-defined]
        return await production(self, bodies)

    Writer.create = create  # type: ignore[method-assign]
