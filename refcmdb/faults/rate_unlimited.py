"""The buckets are filled and never looked at."""

from __future__ import annotations

from refcmdb.middleware.security.limits import Bucket, RateLimit

KIND = "fault"
CHECK = "CG-RATE-001"
OPERATION = ""


def plant() -> None:
    """It was in the way of a load test."""
    production = RateLimit.take

    def take(self: RateLimit, caller: bytes) -> Bucket | None:
        production(self, caller)
        return None

    RateLimit.take = take  # type: ignore[method-assign]
