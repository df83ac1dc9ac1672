"""A fixed window of a second instead of the bucket, with half the limit; Retry-After is a date."""

from __future__ import annotations

import email.utils
import time
from typing import TYPE_CHECKING

from refcmdb.api.problems import Problem
from refcmdb.middleware.security import limits
from refcmdb.middleware.security.limits import RateLimiter

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

PER_SECOND = 15

KIND = "twin"
CHECK = "CG-RATE-001"
OPERATION = ""


def plant() -> None:
    """Simple, and strict."""
    windows: dict[bytes, tuple[int, int]] = {}
    production = RateLimiter.__call__

    async def call(self: RateLimiter, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._limits._whole._per_minute < 1000:
            now, caller = int(time.time()), limits.caller_of(scope)
            window, count = windows.get(caller, (now, 0))
            windows[caller] = (now, count + 1 if window == now else 1)
            if windows[caller][1] > PER_SECOND:
                headers = {"Retry-After": email.utils.formatdate(now + 1, usegmt=True)}
                raise Problem(429, "too many requests", headers=headers)
        await production(self, scope, receive, send)

    RateLimiter.__call__ = call  # type: ignore[method-assign]
