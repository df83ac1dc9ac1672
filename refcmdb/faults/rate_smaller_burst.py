"""Buckets hold a tenth of what they could, and every answer tells the limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.middleware.security.limits import RateLimit

if TYPE_CHECKING:
    from typing import Any

KIND = "twin"
CHECK = "CG-RATE-001"
OPERATION = ""


def plant() -> None:
    """Even traffic is welcome."""
    production = RateLimit.__init__

    def init(self: RateLimit, per_minute: int, redis_url: str = "", **more: Any) -> None:  # noqa: ANN401 - whatever comes
        production(self, per_minute, redis_url, **more)
        self._most = max(1.0, self._most / 10)

    RateLimit.__init__ = init  # type: ignore[method-assign]
