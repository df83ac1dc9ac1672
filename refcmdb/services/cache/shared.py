"""Answers in Redis, under the versions that their tags had before they were computed."""

from __future__ import annotations

import hashlib
import random
import secrets
from typing import TYPE_CHECKING, Any

import redis.asyncio

from refcmdb.services.cache.lookups import Lookup

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

PREFIX = "refcmdb:"
TIMEOUT_S = 0.5
# A tag must live longer than any answer that was stored under it.
TAG_LIFETIMES = 10
# What was stored together does not end together.
JITTER = 0.1
# How long one instance computes before others do not wait for it any longer, by default.
LOCK_S = 2.0
# On every answer: the way to forget all of them.
EVERYTHING = "everything"


class SharedAnswers:
    """What all instances have in common. All methods raise RedisError or OSError."""

    def __init__(self, url: str, *, ttl_s: int) -> None:
        self._ttl_s = ttl_s
        self.client: Any = redis.asyncio.from_url(
            url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S
        )

    async def lookup(self, key: str, tags: Sequence[str]) -> Lookup:
        """In one round trip, but for tags that nobody asked for yet."""
        names = [PREFIX + tag for tag in (EVERYTHING, *tags)]
        *versions, stored = await self.client.mget([*names, PREFIX + key])
        while None in versions:
            versions = await self._first_versions(names, versions)
        joined = b"".join(versions)
        if stored is not None and stored.startswith(joined):
            return Lookup(key=key, versions=joined, body=stored[len(joined) :])
        return Lookup(key=key, versions=joined)

    async def store(self, key: str, content: bytes) -> None:
        """Keep it for the lifetime, or a little less."""
        lifetime_ms = int(self._ttl_s * 1000 * random.uniform(1 - JITTER, 1))  # noqa: S311 - no secret
        await self.client.set(PREFIX + key, content, px=lifetime_ms)

    async def invalidate(self, tags: Collection[str]) -> None:
        """Give all of them a new version, at once."""
        async with self.client.pipeline(transaction=True) as pipeline:
            for tag in tags:
                pipeline.set(PREFIX + tag, _version(), ex=self._ttl_s * TAG_LIFETIMES)
            await pipeline.execute()

    async def lock(self, lookup: Lookup, within_s: float = LOCK_S) -> bool:
        """Whether nobody else computes what the lookup did not find; others wait ``within_s``.

        Of the same versions only: an answer that was stored leaves its lock to end by itself.
        """
        return bool(await self.client.set(_lock(lookup), b"", nx=True, px=int(within_s * 1000)))

    async def unlock(self, lookup: Lookup) -> None:
        """Let others compute it."""
        await self.client.delete(_lock(lookup))

    async def is_locked(self, lookup: Lookup) -> bool:
        """Whether somebody computes it."""
        return bool(await self.client.exists(_lock(lookup)))

    async def _first_versions(
        self, names: Sequence[str], versions: Sequence[bytes | None]
    ) -> list[bytes | None]:
        """The versions once those that there were none of have one."""
        async with self.client.pipeline(transaction=False) as pipeline:
            for name, version in zip(names, versions, strict=True):
                if version is None:
                    pipeline.set(name, _version(), nx=True, ex=self._ttl_s * TAG_LIFETIMES)
            pipeline.mget(names)
            known: list[bytes | None] = (await pipeline.execute())[-1]
        return known


def _lock(lookup: Lookup) -> str:
    versions = hashlib.blake2b(lookup.versions or b"", digest_size=8).hexdigest()
    return f"{PREFIX}lock:{lookup.key}:{versions}"


def _version() -> bytes:
    """A version that was never used before; of fixed length, so that they can be joined."""
    return secrets.token_bytes(12)
