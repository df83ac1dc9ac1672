"""CacheManager: answers as bytes in Redis, or here while it is away; versioned tags end them."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
from typing import TYPE_CHECKING, Any

from redis.exceptions import RedisError

from refcmdb.services.cache.flights import Flights
from refcmdb.services.cache.local import LocalAnswers
from refcmdb.services.cache.lookups import Lookup
from refcmdb.services.cache.shared import EVERYTHING, LOCK_S, PREFIX, SharedAnswers
from refcmdb.services.cache.statistics import Statistics

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence

    from refcmdb.services.cache.statistics import Counts

__all__ = ["PREFIX", "CacheManager", "Lookup"]

log = logging.getLogger(__name__)

NOWHERE = "unix:///nowhere"
LARGEST_BYTES = 1024 * 1024
RETRY_S = 0.1
LOOK_AGAIN_S = 0.01
# Rather than owe more invalidations than this, everything is forgotten.
MOST_OWED = 10_000


class CacheManager:
    """Stores answers and forgets exactly those that a write made wrong.

    Redis may be away at any time: then answers are kept in this process, each for as long as the
    ``state`` of the database is the one that it was computed in (nothing is, without ``state``).
    Before Redis is used again, all that it still holds is forgotten: nobody knows what others
    wrote meanwhile.
    """

    def __init__(
        self, url: str, *, ttl_s: int, state: Callable[[], Awaitable[bytes]] | None = None
    ) -> None:
        self._state = state
        self._owed: set[str] = set()
        self._away = False
        self._recovery: asyncio.Task[None] | None = None
        self._settling = asyncio.Lock()
        self._local, self._flights, self._statistics = LocalAnswers(), Flights(), Statistics()
        # Without a URL nothing connects, as nothing is asked.
        self._shared = SharedAnswers(url or NOWHERE, ttl_s=ttl_s)
        self._redis: Any = self._shared.client if url else None

    @property
    def configured(self) -> bool:
        """Whether there should be a cache."""
        return self._redis is not None

    async def ping(self) -> bool:
        """Whether Redis answers, or there is none to answer."""
        if self._redis is None:
            return True
        try:
            await self._redis.ping()
        except (RedisError, OSError):
            return False
        return True

    def statistics(self) -> dict[str, Counts]:
        """What this process asked its cache for, by namespace."""
        return self._statistics.told()

    def total(self) -> Counts:
        """The same of all namespaces together."""
        return self._statistics.total()

    def health(self) -> dict[str, object]:
        """``state``: off, shared (Redis) or local (it is away); what lies here, what is owed."""
        using = "local" if self._away else "shared"
        return {
            "state": "off" if self._redis is None else using,
            "local_entries": len(self._local),
            "local_bytes": self._local.size_bytes,
            "owed_invalidations": len(self._owed),
        }

    async def close(self) -> None:
        """Disconnect."""
        if self._recovery is not None:
            self._recovery.cancel()
        if self._redis is not None:
            await self._redis.aclose()

    async def answer(
        self,
        key: str,
        tags: Sequence[str],
        compute: Callable[[], Awaitable[bytes]],
        *,
        within_s: float | None = None,
    ) -> tuple[bytes, bool]:
        """What lies under ``key``, else what ``compute`` returns; and whether it was a hit.

        It is computed once for all who ask for the same versions at the same time: who comes
        after a write does not get what was begun before it. Another instance is waited for as
        long as ``within_s``, else LOCK_S. What ``compute`` raises is raised to all, and kept for
        nobody.
        """
        within_s = within_s or LOCK_S
        lookup = await self.lookup(key, tags, within_s=within_s)
        if lookup.body is not None:
            return lookup.body, True
        if lookup.versions is None:
            return await compute(), False

        flight = functools.partial(self._computed, lookup, tags, compute, within_s)
        body, joined = await self._flights.join((key, lookup.versions), flight)
        self._statistics.of(key).shared += joined
        return body, False

    async def lookup(self, key: str, tags: Sequence[str], *, within_s: float = 0) -> Lookup:
        """The answer under ``key``, if none of its ``tags`` was invalidated since.

        The versions are read before the caller computes an answer: one computed from rows that
        were read before a write is stored under the versions from before that write. Others wait
        for whom a lookup trusts with computing as long as ``within_s``.
        """
        if self._redis is None:
            return Lookup(key=key, versions=None)
        answered = None
        if not self._away:
            with self._failing(key):
                answered = await self._shared.lookup(key, tags, within_s=within_s)
        lookup = answered or await self._lookup_here(key)
        counts = self._statistics.of(key)
        counts.hits += lookup.body is not None
        counts.misses += lookup.body is None
        counts.away += answered is None
        return lookup

    async def store(self, lookup: Lookup, body: bytes) -> bool:
        """Keep ``body`` for the next lookup of the same key; False where that cannot be."""
        counts = self._statistics.of(lookup.key)
        if lookup.versions is None or len(body) > LARGEST_BYTES:
            counts.too_large += lookup.versions is not None
            return False
        if lookup.local:
            for key in self._local.put(lookup.key, lookup.versions, body):
                self._statistics.of(key).evictions += 1
        else:
            if self._away:
                return False
            with self._failing(lookup.key):
                await self._shared.store(lookup.key, lookup.versions + body)
            if self._away:
                return False
        counts.stores += 1
        return True

    async def invalidate(self, tags: Collection[str]) -> None:
        """Make every answer under one of ``tags`` a miss, now or before the next lookup."""
        if self._redis is None:
            return
        if not self._away:
            with self._failing("invalidate"):
                await self._shared.invalidate(tags)
                return
        self._owed.update(tags)
        if len(self._owed) > MOST_OWED:
            self._owed = {EVERYTHING}
        # Others may use Redis again already: they must not be served what this write made wrong.
        with contextlib.suppress(RedisError, OSError):
            await self._settle()

    async def _lookup_here(self, key: str) -> Lookup:
        if self._state is None:
            return Lookup(key=key, versions=None)
        state = await self._state()
        return Lookup(key=key, versions=state, body=self._local.get(key, state), local=True)

    async def _computed(
        self,
        lookup: Lookup,
        tags: Sequence[str],
        compute: Callable[[], Awaitable[bytes]],
        within_s: float,
    ) -> bytes:
        """By this instance, or by another one that was quicker."""
        if not (lookup.local or lookup.trusted):
            lookup = await self._awaited(lookup, tags, within_s)
            if lookup.body is not None:
                return lookup.body
        kept = False
        try:
            body = await compute()
            kept = await self.store(lookup, body)
            return body
        finally:
            if lookup.trusted and not kept and not self._away:
                with self._failing(lookup.key):
                    await self._shared.unlock(lookup)

    async def _awaited(self, lookup: Lookup, tags: Sequence[str], within_s: float) -> Lookup:
        """What another instance computes, or a lookup without if it does not come to an end."""
        with self._failing(lookup.key), contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while not (self._away or lookup.trusted):
                    await asyncio.sleep(LOOK_AGAIN_S)
                    lookup = await self._shared.lookup(lookup.key, tags, within_s=within_s)
                    if lookup.body is not None:
                        self._statistics.of(lookup.key).shared += 1
                        break
        return lookup

    async def _settle(self) -> None:
        """Tell Redis what was written meanwhile, and use it again. Raises: RedisError, OSError."""
        async with self._settling:
            owed, self._owed = self._owed, set()
            try:
                await self._shared.invalidate(owed)
            except (RedisError, OSError):
                self._owed |= owed
                raise
            # What was written while that was told is owed still.
            self._away = bool(self._owed)

    @contextlib.contextmanager
    def _failing(self, key: str) -> Iterator[None]:
        """When Redis fails in the body, it is away from then on, until it answers again."""
        try:
            yield
        except (RedisError, OSError) as error:
            self._statistics.of(key).errors += 1
            if not self._away:
                log.warning("cache is away, answering without it: %s", type(error).__name__)
                self._away = True
                self._owed.add(EVERYTHING)
                if self._recovery is None or self._recovery.done():
                    self._recovery = asyncio.create_task(self._recover())

    async def _recover(self) -> None:
        """Use Redis again as soon as it has heard of everything that was written meanwhile."""
        while self._away:
            await asyncio.sleep(RETRY_S)
            with contextlib.suppress(RedisError, OSError):
                await self._settle()
        self._local.clear()
        log.warning("cache is back")
