"""Answers are kept five times as long as configured."""

from __future__ import annotations

from typing import Any

from refcmdb.services.cache import CacheManager

KIND = "twin"
CHECK = "CG-CACHE-001"
OPERATION = "devices_read"


def plant() -> None:
    """Invalidation, not the lifetime, keeps answers right."""
    production = CacheManager.__init__

    def init(self: CacheManager, url: str, *, ttl_s: int, **options: Any) -> None:  # noqa: ANN401 - as production has them
        production(self, url, ttl_s=ttl_s * 5, **options)

    CacheManager.__init__ = init  # type: ignore[method-assign]
