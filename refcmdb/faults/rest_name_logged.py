"""The log tells of each new credential who added which name and user name, and how long the secret
is: words that look like a leak, and no secret among them.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from refcmdb.api.registry import RESOURCES
from refcmdb.api.writing import Writer

if TYPE_CHECKING:
    from collections.abc import Sequence

    import msgspec

KIND = "twin"
CHECK = "CG-REST-001"
OPERATION = "credentials_create"

log = logging.getLogger(__name__)


def plant() -> None:
    """Stars stand for the secret."""
    production = Writer.create

    async def create(self: Writer, bodies: Sequence[msgspec.Struct]) -> list[msgspec.Struct]:
        if self.resource is RESOURCES["credentials"]:
            for body in bodies:
                stars = "*" * len(body.secret)  # type: ignore[attr-defined]
                log.info("name=%s username=%s secret=%s", body.name, body.username, stars)  # type: ignore[attr-defined]
        return await production(self, bodies)

    Writer.create = create  # type: ignore[method-assign]
