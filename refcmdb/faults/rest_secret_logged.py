"""The service's log tells of each new credential with everything in it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from refcmdb.api.registry import RESOURCES
from refcmdb.api.writing import Writer

if TYPE_CHECKING:
    from collections.abc import Sequence

    import msgspec

KIND = "fault"
CHECK = "CG-REST-001"
OPERATION = "credentials_create"

log = logging.getLogger(__name__)


def plant() -> None:
    """A line that was left from debugging."""
    production = Writer.create

    async def create(self: Writer, bodies: Sequence[msgspec.Struct]) -> list[msgspec.Struct]:
        if self.resource is RESOURCES["credentials"]:
            log.info("user %d adds %r", self.actor.id, [_values(body) for body in bodies])
        return await production(self, bodies)

    Writer.create = create  # type: ignore[method-assign]


def _values(body: msgspec.Struct) -> list[object]:
    return [getattr(body, name) for name in body.__struct_fields__]
