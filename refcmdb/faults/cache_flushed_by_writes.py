"""A change of a device throws away everything that is cached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.services.cache import PREFIX, CacheManager

if TYPE_CHECKING:
    from collections.abc import Collection

KIND = "fault"
CHECK = "CG-CACHE-001"
OPERATION = "devices_update"


def plant() -> None:
    """To be on the safe side."""
    production = CacheManager.invalidate

    async def invalidate(self: CacheManager, tags: Collection[str]) -> None:
        await production(self, tags)
        client = self._redis
        if client is not None and any(tag.startswith("object:devices:") for tag in tags):
            async for key in client.scan_iter(match=PREFIX + "*", count=1000):
                await client.unlink(key)

    CacheManager.invalidate = invalidate  # type: ignore[method-assign]
