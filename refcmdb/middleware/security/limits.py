"""How much one caller may ask of one process, and of all processes together.

A token bucket per caller in this process costs no round trip. What callers used is added up in
Redis once a second, so that many instances together allow no more than the limit either.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import hashlib
import math
import re
import time
from typing import TYPE_CHECKING

from refcmdb.api.problems import Problem
from refcmdb.middleware.security import events
from refcmdb.services.counters import Counters

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp, Receive, Scope, Send

    from refcmdb.middleware.security.toggles import Toggles

MINUTE_S = 60
BURST_S = 10  # a bucket holds what is allowed in this time
SYNC_S = 1.0
MOST_CALLERS = 10_000
_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{}]')


@dataclasses.dataclass(slots=True)
class Bucket:
    """What a caller may still ask; ``used`` is not yet told to the others."""

    tokens: float
    filled_at: float
    used: int = 0
    shut_until: float = 0.0
    told: bool = False


class RateLimit:
    """The allowance of every caller.

    Args:
        per_minute: requests that a caller may send in a minute, a sixth of it at once; 0 is
            without limit.
        redis_url: where instances add up what they allowed; empty for a single one.
    """

    def __init__(self, per_minute: int, redis_url: str = "") -> None:
        self._per_s, self._most = per_minute / MINUTE_S, per_minute * BURST_S / MINUTE_S
        self._per_minute = per_minute
        self._buckets: dict[bytes, Bucket] = {}
        self._counters = Counters(redis_url, window_s=MINUTE_S) if redis_url else None

    def take(self, caller: bytes) -> Bucket | None:
        """None when the request may pass, else the empty bucket."""
        if not self._per_minute:
            return None
        now = time.monotonic()
        bucket = self._buckets.get(caller)
        if bucket is None:
            bucket = self._new(caller, now)
        bucket.tokens = min(self._most, bucket.tokens + (now - bucket.filled_at) * self._per_s)
        bucket.filled_at = now
        if bucket.tokens < 1 or now < bucket.shut_until:
            return bucket
        bucket.tokens -= 1
        bucket.used += 1
        bucket.told = False
        return None

    def admit(self, caller: bytes, scope: Scope) -> None:
        """Return when the request of ``scope`` may pass. Raises: Problem 429 with Retry-After."""
        bucket = self.take(caller)
        if bucket is None:
            return
        if not bucket.told:  # once per storm
            bucket.told = True
            events.emit("rate.limited", scope, outcome="refused")
        headers = {"Retry-After": str(self.wait_s(bucket))}
        raise Problem(429, "too many requests", headers=headers)

    def wait_s(self, bucket: Bucket) -> int:
        """After how many seconds asking again makes sense."""
        shut_s = bucket.shut_until - time.monotonic()
        return max(1, math.ceil(max(shut_s, (1 - bucket.tokens) / self._per_s)))

    @contextlib.asynccontextmanager
    async def shared(self) -> AsyncIterator[None]:
        """Add up with other instances inside the block."""
        if self._counters is None or not self._per_minute:
            yield
            return
        task = asyncio.create_task(self._keep_adding_up(self._counters))
        try:
            yield
        finally:
            task.cancel()
            await self._counters.close()

    def _new(self, caller: bytes, now: float) -> Bucket:
        while len(self._buckets) >= MOST_CALLERS:
            del self._buckets[next(iter(self._buckets))]
        return self._buckets.setdefault(caller, Bucket(self._most, now))

    async def _keep_adding_up(self, counters: Counters) -> None:
        while True:
            await asyncio.sleep(SYNC_S)
            busy = [(caller, bucket) for caller, bucket in self._buckets.items() if bucket.used]
            for caller, bucket in busy:
                used, bucket.used = bucket.used, 0
                (count,) = await counters.add([f"rate:{caller.hex()}"], used)
                if count.value > self._per_minute:
                    bucket.shut_until = time.monotonic() + count.expires_in_s


class RequestLimits:
    """What every caller may ask of the whole, and of endpoints that have a limit of their own."""

    def __init__(self, protection: Toggles, redis_url: str) -> None:
        self._whole = RateLimit(protection.rate_limit, redis_url)
        self._endpoints = [
            (endpoint, RateLimit(endpoint.per_minute, redis_url))
            for endpoint in protection.endpoint_limits
        ]

    def admit(self, scope: Scope) -> None:
        """Return when the request may pass. Raises: Problem 429 with Retry-After."""
        caller = caller_of(scope)
        self._whole.admit(caller, scope)
        for endpoint, limit in self._endpoints:
            if endpoint.concerns(scope["method"], scope["path"]):
                limit.admit(endpoint.name + caller, scope)

    @contextlib.asynccontextmanager
    async def shared(self) -> AsyncIterator[None]:
        """Add up with other instances inside the block."""
        async with contextlib.AsyncExitStack() as stack:
            for limit in (self._whole, *(limit for _, limit in self._endpoints)):
                await stack.enter_async_context(limit.shared())
            yield


class RateLimiter:
    """Pure ASGI: 429 for callers who ask too much, before anything else is done for them."""

    def __init__(self, app: ASGIApp, *, limits: RequestLimits) -> None:
        self.app, self._limits = app, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on. Raises: Problem 429 with Retry-After."""
        if scope["type"] == "http":
            self._limits.admit(scope)
        await self.app(scope, receive, send)


def caller_of(scope: Scope) -> bytes:
    """Who counts as one caller: a credential, else an address. Nothing secret is kept."""
    named = [value for name, value in scope["headers"] if name in {b"authorization", b"cookie"}]
    client = scope.get("client") or ("", 0)
    return hashlib.blake2b(b"".join(named) or client[0].encode(), digest_size=12).digest()


def require_flat(scope: Scope, raw: bytes) -> None:
    """Return if JSON nests no deeper than the limit. Raises: Problem 400."""
    limit = scope["protection"].nesting_limit
    if too_deep(raw, limit):
        raise Problem(400, f"the body nests deeper than {limit} levels")


def too_deep(raw: bytes, limit: int) -> bool:
    """Whether JSON nests arrays and objects deeper than ``limit``."""
    if raw.count(b"[") + raw.count(b"{") <= limit:
        return False
    depth = 0
    for match in _BRACKETS.finditer(raw):
        if match[0] in (b"[", b"{"):
            depth += 1
        elif match[0] in (b"]", b"}"):
            depth -= 1
        if depth > limit:
            return True
    return False
