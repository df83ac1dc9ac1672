"""The response cache: answers as bytes in Redis, invalidated by versioned tags."""

from __future__ import annotations

import collections
import dataclasses
import logging
import secrets
from typing import TYPE_CHECKING, Any

import redis.asyncio
from redis.exceptions import RedisError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

log = logging.getLogger(__name__)

PREFIX = "refcmdb:"
TIMEOUT_S = 0.5
# A tag must live longer than any answer that was stored under it.
TAG_LIFETIMES = 10


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """What the cache said: ``body`` on a hit, else the ``versions`` to store an answer under.

    ``versions`` is None where there is no cache at the moment.
    """

    key: str
    versions: bytes | None
    body: bytes | None = None


class CacheManager:
    """Stores answers and forgets exactly those that a write made wrong.

    Redis may be away at any time: then nothing is cached, and what a write had to invalidate is
    invalidated before the cache is used again.
    """

    def __init__(self, url: str, *, ttl_s: int) -> None:
        self._ttl_s = ttl_s
        self._owed: set[str] = set()
        self._away = False
        self.lookups: collections.Counter[str] = collections.Counter()  # hit, miss, away
        self._redis: Any = None
        if url:
            self._redis = redis.asyncio.from_url(
                url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S
            )

    @property
    def configured(self) -> bool:
        """Whether there should be a cache."""
        return self._redis is not None

    async def ping(self) -> bool:
        """Whether the cache answers, or there is none to answer."""
        if self._redis is None:
            return True
        try:
            await self._redis.ping()
        except (RedisError, OSError):
            return False
        return True

    async def close(self) -> None:
        """Disconnect."""
        if self._redis is not None:
            await self._redis.aclose()

    async def lookup(self, key: str, tags: Sequence[str]) -> Lookup:
        """The answer under ``key``, if none of its ``tags`` was invalidated since.

        The versions are read before the caller computes an answer: one computed from rows that
        were read before a write is stored under the versions from before that write.
        """
        if self._redis is None:
            return Lookup(key=key, versions=None)
        try:
            lookup = await self._lookup(key, tags)
        except (RedisError, OSError) as error:
            self._note_away(error)
            self.lookups["away"] += 1
            return Lookup(key=key, versions=None)
        self._note_back()
        self.lookups["miss" if lookup.body is None else "hit"] += 1
        return lookup

    async def store(self, lookup: Lookup, body: bytes) -> None:
        """Keep ``body`` for the next lookup of the same key."""
        if self._redis is None or lookup.versions is None:
            return
        try:
            await self._redis.set(PREFIX + lookup.key, lookup.versions + body, ex=self._ttl_s)
        except (RedisError, OSError) as error:
            self._note_away(error)

    async def invalidate(self, tags: Collection[str]) -> None:
        """Make every answer under one of ``tags`` a miss, now or before the next lookup."""
        if self._redis is None:
            return
        self._owed.update(tags)
        try:
            await self._pay()
        except (RedisError, OSError) as error:
            self._note_away(error)

    async def _lookup(self, key: str, tags: Sequence[str]) -> Lookup:
        if self._owed:
            await self._pay()
        names = [PREFIX + tag for tag in tags]
        *versions, stored = await self._redis.mget([*names, PREFIX + key])
        if None in versions:
            versions = await self._first_versions(names)
        joined = b"".join(versions)
        if stored is not None and stored.startswith(joined):
            return Lookup(key=key, versions=joined, body=stored[len(joined) :])
        return Lookup(key=key, versions=joined)

    async def _first_versions(self, names: Sequence[str]) -> list[bytes]:
        async with self._redis.pipeline(transaction=False) as pipeline:
            for name in names:
                pipeline.set(name, _version(), nx=True, ex=self._ttl_s * TAG_LIFETIMES)
            pipeline.mget(names)
            versions: list[bytes] = (await pipeline.execute())[-1]
        return versions

    async def _pay(self) -> None:
        tags = frozenset(self._owed)
        async with self._redis.pipeline(transaction=True) as pipeline:
            for tag in tags:
                pipeline.set(PREFIX + tag, _version(), ex=self._ttl_s * TAG_LIFETIMES)
            await pipeline.execute()
        self._owed -= tags

    def _note_away(self, error: Exception) -> None:
        if not self._away:
            log.warning("cache is away, answering without it: %s", type(error).__name__)
        self._away = True

    def _note_back(self) -> None:
        if self._away:
            log.warning("cache is back")
        self._away = False


def _version() -> bytes:
    """A version that was never used before; of fixed length, so that they can be joined."""
    return secrets.token_bytes(12)
