"""What is read of the process and of what it stands on, and what that says of the last minutes."""

from __future__ import annotations

import asyncio
import collections
import dataclasses
import math
import shutil
import time
from typing import TYPE_CHECKING

import psutil

from refcmdb.monitoring.figures import FEWEST_REQUESTS, quantile
from refcmdb.services.backup import BackupProblem, newest

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Mapping

    from refcmdb.monitoring.figures import Totals
    from refcmdb.services.database import PoolState

WINDOW_S = 300
LAG_EVERY_S = 0.5
FAILED_LOG_INS = ("login.failed", "login.locked")
RATE_LIMITED = ("rate.limited",)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What the operating system says."""

    cpu_s: float
    memory_bytes: int
    host_memory_share: float
    disk_size_bytes: int
    disk_free_bytes: int

    @classmethod
    def read(cls, directory: pathlib.Path) -> Host:
        """Of this process, this machine and the disk of a directory."""
        disk = shutil.disk_usage(directory)
        return cls(
            cpu_s=time.process_time(),
            memory_bytes=psutil.Process().memory_info().rss,
            host_memory_share=psutil.virtual_memory().percent / 100,
            disk_size_bytes=disk.total,
            disk_free_bytes=disk.free,
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The counters of the process and the state around it at one moment."""

    at_s: float
    requests: Totals
    events: Mapping[str, int]
    host: Host
    loop_lag_s: float
    pool: PoolState
    cache_up: bool | None
    backup_age_s: float | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """The last ``window_s`` seconds, at most WINDOW_S.

    Shares are from 0 to 1; ``cpu_share`` is of one core. None is nothing to measure: quantiles of
    fewer than FEWEST_REQUESTS, a cache or backups that are not configured.
    """

    window_s: float
    requests_per_s: float
    error_share: float
    p50_s: float | None
    p95_s: float | None
    cpu_share: float
    memory_bytes: int
    host_memory_share: float
    disk_used_share: float
    disk_free_bytes: int
    loop_lag_s: float
    pool_used: int
    pool_most: int
    pool_waiting: int
    cache_up: bool | None
    failed_log_ins_per_min: float
    rate_limited_per_min: float
    backup_age_s: float | None

    @property
    def pool_share(self) -> float:
        """Connections in use; above 1 where requests wait for one."""
        return (self.pool_used + self.pool_waiting) / self.pool_most

    @property
    def cache_away(self) -> float:
        """1 where there should be a cache and none answers."""
        return float(self.cache_up is False)


class History:
    """The samples of the last WINDOW_S, and one before them to count from."""

    def __init__(self) -> None:
        self._samples: collections.deque[Sample] = collections.deque()

    def add(self, sample: Sample) -> None:
        """Remember it, and forget what is too old."""
        self._samples.append(sample)
        while len(self._samples) > 2 and self._samples[1].at_s <= sample.at_s - WINDOW_S:
            self._samples.popleft()

    def readings(self, now: Sample) -> Readings:
        """What happened up to ``now``."""
        before = self._samples[0] if self._samples else now
        window_s = max(now.at_s - before.at_s, 0.001)
        requests = now.requests.since(before.requests)
        known = requests.requests >= FEWEST_REQUESTS

        def per_minute(names: tuple[str, ...]) -> float:
            count = sum(now.events.get(name, 0) - before.events.get(name, 0) for name in names)
            return count * 60 / max(window_s, 60)

        return Readings(
            window_s=window_s,
            requests_per_s=requests.requests / window_s,
            error_share=requests.errors / max(requests.requests, FEWEST_REQUESTS),
            p50_s=quantile(requests.buckets, 0.5) if known else None,
            p95_s=quantile(requests.buckets, 0.95) if known else None,
            cpu_share=(now.host.cpu_s - before.host.cpu_s) / window_s,
            memory_bytes=now.host.memory_bytes,
            host_memory_share=now.host.host_memory_share,
            disk_used_share=1 - now.host.disk_free_bytes / now.host.disk_size_bytes,
            disk_free_bytes=now.host.disk_free_bytes,
            loop_lag_s=now.loop_lag_s,
            pool_used=now.pool.used,
            pool_most=now.pool.most,
            pool_waiting=now.pool.waiting,
            cache_up=now.cache_up,
            failed_log_ins_per_min=per_minute(FAILED_LOG_INS),
            rate_limited_per_min=per_minute(RATE_LIMITED),
            backup_age_s=now.backup_age_s,
        )


class LoopLag:
    """How late the event loop comes to what it has to do."""

    def __init__(self) -> None:
        self._worst_s = self._before_s = 0.0

    @property
    def worst_s(self) -> float:
        """In this interval or the one before."""
        return max(self._worst_s, self._before_s)

    def next_interval(self) -> None:
        """Begin a new interval."""
        self._worst_s, self._before_s = 0.0, self._worst_s

    async def watch(self) -> None:
        """Measure, until it is cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LAG_EVERY_S
            await asyncio.sleep(LAG_EVERY_S)
            self._worst_s = max(self._worst_s, loop.time() - due)


def last_backup_at_s(directory: pathlib.Path | None) -> float | None:
    """When the last backup was whole, as ``time.time()`` counts; None without a directory.

    Minus infinity where there is none that can be read.
    """
    if directory is None:
        return None
    try:
        last = newest(directory)
    except BackupProblem:
        return -math.inf
    return last.ended.timestamp() if last else -math.inf
