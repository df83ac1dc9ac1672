"""Answers in Redis, under the versions that their tags had before they were computed.

Redis' client costs a tenth of a millisecond of each round trip, so a miss makes two.
"""

from __future__ import annotations

import itertools
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
# KEYS: the tags, the answer, its lock. ARGV: a version that was never used before, its lifetime,
# who asks, and for how many milliseconds others wait for them (0: they need not). Returns the
# versions, the answer if it is there, and whether it is theirs to compute. A lock is for the same
# versions only.
LOOK_UP = """
local answer, lock = KEYS[#KEYS - 1], KEYS[#KEYS]
local versions = redis.call('MGET', unpack(KEYS, 1, #KEYS - 2))
for i = 1, #KEYS - 2 do
  if not versions[i] then
    redis.call('SET', KEYS[i], ARGV[1], 'EX', ARGV[2])
    versions[i] = ARGV[1]
  end
end
local joined = table.concat(versions)
local stored = redis.call('GET', answer)
if stored and string.sub(stored, 1, #joined) == joined then
  return {joined, string.sub(stored, #joined + 1), 0}
end
if ARGV[4] == '0' then return {joined, false, 0} end
local holder = redis.call('GET', lock)
if holder and string.sub(holder, 1, #joined) == joined and holder ~= joined .. ARGV[3] then
  return {joined, false, 0}
end
redis.call('SET', lock, joined .. ARGV[3], 'PX', ARGV[4])
return {joined, false, 1}
"""

# KEYS: a lock. ARGV: who held it, of which versions; by now it may be another's.
UNLOCK = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""


class SharedAnswers:
    """What all instances have in common. All methods raise RedisError or OSError."""

    def __init__(self, url: str, *, ttl_s: int) -> None:
        self._ttl_s = ttl_s
        self.client: Any = redis.asyncio.from_url(
            url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S
        )
        self._look_up = self.client.register_script(LOOK_UP)
        self._unlock = self.client.register_script(UNLOCK)
        self._name, self._numbers = secrets.token_bytes(12), itertools.count()

    async def lookup(self, key: str, tags: Sequence[str], *, within_s: float = 0) -> Lookup:
        """In one round trip.

        What is not found is trusted to one instance, which others wait for as long as
        ``within_s``; without that to nobody.
        """
        names = [PREFIX + tag for tag in (EVERYTHING, *tags)]
        versions, body, trusted = await self._look_up(
            keys=[*names, PREFIX + key, _lock(key)],
            args=[self._version(), self._ttl_s * TAG_LIFETIMES, self._name, int(within_s * 1000)],
        )
        return Lookup(key=key, versions=versions, body=body, trusted=bool(trusted))

    async def store(self, key: str, content: bytes) -> None:
        """Keep it for the lifetime, or a little less."""
        lifetime_ms = int(self._ttl_s * 1000 * random.uniform(1 - JITTER, 1))  # noqa: S311 - no secret
        await self.client.set(PREFIX + key, content, px=lifetime_ms)

    async def invalidate(self, tags: Collection[str]) -> None:
        """Give all of them a new version, at once."""
        async with self.client.pipeline(transaction=True) as pipeline:
            for tag in tags:
                pipeline.set(PREFIX + tag, self._version(), ex=self._ttl_s * TAG_LIFETIMES)
            await pipeline.execute()

    async def unlock(self, lookup: Lookup) -> None:
        """Let others compute what was trusted to this instance."""
        held = (lookup.versions or b"") + self._name
        await self._unlock(keys=[_lock(lookup.key)], args=[held])

    def _version(self) -> bytes:
        """A version that was never used before; of fixed length, so that they can be joined."""
        return self._name + next(self._numbers).to_bytes(8)


def _lock(key: str) -> str:
    return f"{PREFIX}lock:{key}"
