"""refcmdb with 100,000 devices, for one user and for 1000: p95 of each operation, and memory.

    python -m benchmarks.load [--users 1000] [--seconds 30]

A user asks, reads the answer, thinks for half a second to one and a half, and asks again; the one
user does not think. Users begin at any time within a second, each on a connection of its own. What
is asked about is drawn anew each time, so that the cache answers no more than it would. A request
begins when its user is done thinking, also where this program is late in sending it: how late it
was is told. The server is one process with monitoring and cache, without a limit of requests
because all users have the same token. The generator and PostgreSQL share the processors with it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import http
import os
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import psutil
import uvloop

from benchmarks.overhead import fill, server
from refcmdb.infrastructure import embedded
from refcmdb.seeding.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ALONE_MS, TOGETHER_MS, MOST_MB = 100.0, 2000.0, 300.0
ALONE_S, WARM_S = 10.0, 5.0
THINK_S = (0.5, 1.5)
SAMPLED_S = 0.25
RED = 1  # the tenant that asks
DRAW = random.Random(0)  # noqa: S311 - what to ask next, nothing secret
ROLES = ("access", "distribution", "core", "firewall", "router", "server")
SORTS = ("id", "-id", "name", "-name", "serial", "-serial", "updated_at", "-updated_at")
# Of a hundred requests of people, by the complaints that other CMDBs get; writes left out.
SHARES = {"list": 15, "filter": 15, "search": 12, "detail": 25, "impact": 6}


@dataclasses.dataclass(slots=True)
class Run:
    """What users found: latencies by operation and how late requests went out, in milliseconds."""

    users: int
    seconds: float
    latencies_ms: dict[str, list[float]]
    late_ms: list[float] = dataclasses.field(default_factory=list)
    failures: Counter[str] = dataclasses.field(default_factory=Counter)
    peak_mb: float = 0.0
    on_cpu_s: dict[str, float] = dataclasses.field(default_factory=dict)

    @property
    def answered(self) -> int:
        """Requests that were answered with 200."""
        return sum(map(len, self.latencies_ms.values()))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A server, the numbers and sites of devices that it has, and a token that sees them."""

    url: str
    server: psutil.Process
    database: psutil.Process
    token: str
    devices: Sequence[tuple[int, int]]

    def address(self, operation: str) -> str:
        """What an operation asks next."""
        device, site = DRAW.choice(self.devices)
        return (
            f"{self.url}/api/v1/devices"
            + {
                "list": f"?limit=50&sort={DRAW.choice(SORTS)}",
                "filter": f"?limit=50&site_id={site}&role={DRAW.choice(ROLES)}",
                "search": f"?limit=50&q={device:06d}",
                "detail": f"/{device}",
                "impact": f"/{device}/impact",
            }[operation]
        )

    async def measured(self, users: int, seconds: float, think_s: tuple[float, float]) -> Run:
        """What so many users find in this time, after the first seconds."""
        run = Run(users, seconds, {name: [] for name in SHARES})
        now = time.monotonic()
        limits = (now + WARM_S, now + WARM_S + seconds)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch(run, limits))
            for _ in range(users):
                group.create_task(self._use(run, limits, think_s))
        return run

    async def _use(
        self, run: Run, limits: tuple[float, float], think_s: tuple[float, float]
    ) -> None:
        """One user, who counts requests that begin between the limits."""
        clock = time.monotonic  # a loop's own counts in milliseconds
        headers = {"Authorization": f"Bearer {self.token}"}
        connector = aiohttp.TCPConnector(limit=1)
        async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
            begins = clock() + DRAW.random() * think_s[1]
            while begins < limits[1]:
                await asyncio.sleep(begins - clock())
                late_s = clock() - begins
                (operation,) = DRAW.choices(list(SHARES), [*SHARES.values()])
                outcome = await self._asked(session, self.address(operation))
                if outcome != http.HTTPStatus.OK:
                    run.failures[f"{operation}: {outcome}"] += 1
                elif begins > limits[0]:
                    run.latencies_ms[operation].append((clock() - begins) * 1000)
                    run.late_ms.append(late_s * 1000)
                begins = clock() + DRAW.uniform(*think_s)

    async def _asked(self, session: aiohttp.ClientSession, url: str) -> int | str:
        """The status of an answer that was read, or why there was none."""
        try:
            async with session.get(url) as answer:
                await answer.read()
                return answer.status
        except (aiohttp.ClientError, TimeoutError) as error:
            return type(error).__name__

    async def _watch(self, run: Run, limits: tuple[float, float]) -> None:
        """How much memory the server has, and what everybody spends between the limits."""
        await asyncio.sleep(limits[0] - time.monotonic())
        before = self._spent_s()
        while time.monotonic() < limits[1]:
            weight = sum(process.memory_info().rss for process in family(self.server))
            run.peak_mb = max(run.peak_mb, weight / 1e6)
            await asyncio.sleep(SAMPLED_S)
        run.on_cpu_s = {name: spent - before[name] for name, spent in self._spent_s().items()}

    def _spent_s(self) -> dict[str, float]:
        """CPU time until now."""
        sides = {"refcmdb": family(self.server), "PostgreSQL": family(self.database)}
        sides["generator"] = [psutil.Process()]
        return {
            name: sum(sum(process.cpu_times()[:2]) for process in processes)
            for name, processes in sides.items()
        }


def family(process: psutil.Process) -> list[psutil.Process]:
    """The process and all below it."""
    return [process, *process.children(recursive=True)]


def main() -> int:
    """Print the figures; the exit status is 1 if one is beyond its limit."""
    parser = argparse.ArgumentParser(description="latency and memory for one user and for many")
    parser.add_argument("--users", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--devices", type=int, default=100_000)
    options = parser.parse_args()
    with target_of(options.devices, cached=True) as target:
        print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
        alone = uvloop.run(target.measured(1, ALONE_S, (0.0, 0.0)))
        many = uvloop.run(target.measured(options.users, options.seconds, THINK_S))
    broken = [tell(alone, ALONE_MS), tell(many, TOGETHER_MS)]
    return int(any(broken))


@contextlib.contextmanager
def target_of(devices: int, *, cached: bool) -> Iterator[Target]:
    """A server of its own with so many devices, with a cache or without."""
    plan = Plan(devices=devices, seed=0)
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="load")))
        services = stack.enter_context(embedded.running(directory))
        token = fill(services.database_url, devices=devices)
        settings = {"REFCMDB_REDIS_URL": services.redis_url} if cached else {}
        port, pid = stack.enter_context(
            server(services.database_url, directory / "refcmdb.log", **settings)
        )
        sites = ((device, plan.site_of(device)) for device in range(1, devices + 1))
        yield Target(
            url=f"http://127.0.0.1:{port}",
            server=psutil.Process(pid),
            database=postmaster(directory),
            token=token,
            devices=[(device, site) for device, site in sites if plan.owner_of(site) == RED],
        )


def postmaster(directory: Path) -> psutil.Process:
    """PostgreSQL's first process, by the file that it keeps (documentation of pg_ctl)."""
    said = (directory / "data" / "postmaster.pid").read_text(encoding="ascii")
    return psutil.Process(int(said.split()[0]))


def tell(run: Run, limit_ms: float) -> bool:
    """Print the figures of a run; whether one is beyond its limit."""
    print(
        f"{run.users} users: {run.answered / run.seconds:.0f} requests/s,"
        f" {run.peak_mb:.0f} MB of {MOST_MB:.0f};"
        f" sent late by {percentile(run.late_ms, 99):.1f} ms (p99)"
    )
    spent = (f"{name} {1000 * s / run.answered:.2f} ms" for name, s in run.on_cpu_s.items())
    print(f"  on a CPU for each request: {', '.join(spent)}")
    worst = 0.0
    for operation, latencies_ms in run.latencies_ms.items():
        p95 = percentile(latencies_ms, 95)
        worst = max(worst, p95)
        print(
            f"  {operation:<7} {len(latencies_ms):>6} p50 {percentile(latencies_ms, 50):>7.1f} ms"
            f"  p95 {p95:>7.1f} ms, {p95 / limit_ms:.2f} of {limit_ms:.0f}"
        )
    for failure, times in run.failures.items():
        print(f"  failed {times} times: {failure}")
    return worst > limit_ms or run.peak_mb > MOST_MB or bool(run.failures)


def percentile(values: Sequence[float], percent: int) -> float:
    """Of at least two values."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


if __name__ == "__main__":
    sys.exit(main())
