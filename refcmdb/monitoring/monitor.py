"""PerformanceMonitor: samples of the process in the background, and what they come to."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from refcmdb.middleware.security import events
from refcmdb.monitoring.figures import RequestFigures
from refcmdb.monitoring.readings import History, Host, LoopLag, Readings, Sample, last_backup_at_s

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from refcmdb.monitoring.settings import Monitoring
    from refcmdb.services.cache import CacheManager
    from refcmdb.services.database import Database
    from refcmdb.services.storage import Storage

log = logging.getLogger(__name__)

Told = Callable[[Readings], Awaitable[None]]


class PerformanceMonitor:
    """Watches one process.

    Args:
        settings: how often.
        database: whose pool is watched.
        cache: is asked whether it answers.
        storage: is on the disk that may fill up.
        backups: their directory, None where nobody asks.
    """

    def __init__(
        self,
        settings: Monitoring,
        *,
        database: Database,
        cache: CacheManager,
        storage: Storage,
        backups: Path | None,
    ) -> None:
        self.requests = RequestFigures()
        self._settings, self._database, self._cache = settings, database, cache
        self._storage, self._lag, self._history = storage, LoopLag(), History()
        self._backups = backups
        self._cache_up: bool | None = None
        self._backup_at_s: float | None = None

    @contextlib.asynccontextmanager
    async def watching(self, told: Told) -> AsyncIterator[None]:
        """Watch inside the block, if that is on; ``told`` hears of each interval's readings."""
        if not self._settings.enabled:
            yield
            return
        await self._look()
        self._history.add(self._sample())
        tasks = [
            asyncio.create_task(self._lag.watch()),
            asyncio.create_task(self._keep_looking(told)),
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def readings(self) -> Readings:
        """How it goes now."""
        return self._history.readings(self._sample())

    async def _keep_looking(self, told: Told) -> None:
        while True:
            await asyncio.sleep(self._settings.interval_s)
            await self._look()
            sample = self._sample()
            readings = self._history.readings(sample)
            self._history.add(sample)
            self._lag.next_interval()
            try:
                await told(readings)
            except Exception:  # whatever went wrong, the next interval is looked at
                log.exception("the readings could not be judged")

    async def _look(self) -> None:
        if self._cache.configured:
            self._cache_up = await self._cache.ping()
        # Backups are meant to lie elsewhere, and a slow disk must not hold up requests.
        self._backup_at_s = await asyncio.to_thread(last_backup_at_s, self._backups)

    def _sample(self) -> Sample:
        backup_at_s = self._backup_at_s
        return Sample(
            at_s=time.monotonic(),
            requests=self.requests.totals(),
            events=dict(events.counts),
            host=Host.read(self._storage.root),
            loop_lag_s=self._lag.worst_s,
            pool=self._database.pool,
            cache_up=self._cache_up,
            backup_age_s=None if backup_at_s is None else max(0.0, time.time() - backup_at_s),
        )
