"""Counters that expire: shared by all instances through Redis, local while Redis is away."""

from __future__ import annotations

import dataclasses
import logging
import time
from typing import TYPE_CHECKING, Any

import redis.asyncio
from redis.exceptions import RedisError

if TYPE_CHECKING:
    from collections.abc import Sequence

log = logging.getLogger(__name__)

PREFIX = "refcmdb:count:"
TIMEOUT_S = 0.5
MOST_LOCAL = 10_000  # counters that are kept without Redis; the oldest give way


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What a counter stands at, and in how many seconds it begins anew."""

    value: int
    expires_in_s: int


class Counters:
    """Counts within windows that begin with the first event. One round trip per call."""

    def __init__(self, url: str, *, window_s: int) -> None:
        self._window_s = window_s
        self._local: dict[str, tuple[int, float]] = {}
        self._redis: Any = None
        if url:
            self._redis = redis.asyncio.from_url(
                url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S
            )

    async def add(self, names: Sequence[str], amount: int = 1) -> list[Count]:
        """Add to every counter; what they stand at now."""
        if self._redis is None:
            return [self._add_here(name, amount) for name in names]
        try:
            return await self._add_shared(names, amount)
        except (RedisError, OSError) as error:
            log.warning("counting locally, Redis is away: %s", type(error).__name__)
            return [self._add_here(name, amount) for name in names]

    async def clear(self, name: str) -> None:
        """Let a counter begin anew."""
        self._local.pop(name, None)
        if self._redis is None:
            return
        try:
            await self._redis.delete(PREFIX + name)
        except (RedisError, OSError) as error:
            log.warning("a counter is not cleared, Redis is away: %s", type(error).__name__)

    async def close(self) -> None:
        """Disconnect."""
        if self._redis is not None:
            await self._redis.aclose()

    async def _add_shared(self, names: Sequence[str], amount: int) -> list[Count]:
        async with self._redis.pipeline(transaction=True) as pipeline:
            for name in names:
                pipeline.set(PREFIX + name, 0, nx=True, ex=self._window_s)
                pipeline.incrby(PREFIX + name, amount)
                pipeline.ttl(PREFIX + name)
            replies = await pipeline.execute()
        return [
            Count(value=value, expires_in_s=max(1, left))
            for value, left in zip(replies[1::3], replies[2::3], strict=True)
        ]

    def _add_here(self, name: str, amount: int) -> Count:
        now = time.monotonic()
        value, ends = self._local.pop(name, (0, 0.0))
        if ends <= now:
            value, ends = 0, now + self._window_s
        self._local[name] = (value + amount, ends)
        while len(self._local) > MOST_LOCAL:
            del self._local[next(iter(self._local))]
        return Count(value=value + amount, expires_in_s=max(1, round(ends - now)))
