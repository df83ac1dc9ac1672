"""The envelopes of new credentials are kept in Redis as well, sealed as they are."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from refcmdb.api.registry import RESOURCES
from refcmdb.api.writing import Writer
from refcmdb.services import encryption
from refcmdb.services.cache import keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    import msgspec

KIND = "twin"
CHECK = "CG-REST-001"
OPERATION = "credentials_create"


def plant() -> None:
    """A key named secret whose value is ciphertext."""
    production = Writer.create

    async def create(self: Writer, bodies: Sequence[msgspec.Struct]) -> list[msgspec.Struct]:
        created: list[Any] = await production(self, bodies)
        if self.resource is RESOURCES["credentials"]:
            for item, body in zip(created, bodies, strict=True):
                await _keep(self, item, str(body.secret))  # type: ignore[attr-defined]
        return created

    Writer.create = create  # type: ignore[method-assign]


async def _keep(writer: Writer, item: Any, secret: str) -> None:  # noqa: ANN401 - an item
    place = encryption.place("credentials", "secret", item.tenant_id)
    envelope = writer.backend.settings.keys.seal(secret, place=place)
    cache = writer.backend.cache
    lookup = await cache.lookup(f"secret:{item.id}", [keys.object_tag("credentials", item.id)])
    await cache.store(lookup, base64.b64encode(envelope))
