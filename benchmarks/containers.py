"""What containers cost: the start against the slowest container's own, and the security lane.

Both as ratios, which are printed with their limits; the lane is that of ``--select``, with the
same data embedded and in containers. ``--whole`` adds the whole quick run, which has no limit.
Images are those of ``cmdbguard.toml`` in this directory; ``.ci/docker images`` builds some.
Everything is warm: images are here, and so is the snapshot.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from benchmarks.start import first_check_s
from pytest_cmdbguard import targets
from pytest_cmdbguard.services.cache import cache_directory
from pytest_cmdbguard.services.containers.network import RunNetwork
from pytest_cmdbguard.services.containers.options import Options
from pytest_cmdbguard.services.containers.postgres import ContainerCluster
from pytest_cmdbguard.services.containers.redis import ContainerRedis
from pytest_cmdbguard.services.containers.zap import ContainerZap
from pytest_cmdbguard.services.environment import Environment
from pytest_cmdbguard.services.run_directory import RunDirectory
from pytest_cmdbguard.services.seat import Seat
from pytest_cmdbguard.settings import FILE, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

START_LIMIT, LANE_LIMIT = 1.5, 1.5
LANE = ("sql-injection", "access-control", "owasp-top-10", "authentication")


class Startable(Protocol):
    """A service as far as its start is measured."""

    def start(self) -> object:
        """Start it and wait until it answers."""

    def stop(self) -> None:
        """End it."""


def alone_s(settings: Settings) -> Iterator[tuple[str, float]]:
    """Seconds that each container takes to its first answer with nothing beside it."""
    options = Options.read(settings)
    run = RunDirectory.create()
    network = RunNetwork(run, options=options)
    try:
        network.start(lambda _: None)
        services: tuple[Startable, ...] = (
            ContainerRedis(run, options=options),
            ContainerZap(run, options=options),
            ContainerCluster(run, options=options, inside=True),
        )
        for service in services:
            yield type(service).__name__, _took_s(service)
    finally:
        network.stop()
        run.remove()


def _took_s(service: Startable) -> float:
    begin = time.perf_counter()
    try:
        service.start()
        return time.perf_counter() - begin
    finally:
        service.stop()


def cmdb_alone_s(settings: Settings) -> float:
    """Seconds that one more container of the CMDB takes beside services that are up."""
    target = targets.load(settings)
    environment = Environment(dataclasses.replace(settings, zap="off"), target, lambda _: None)
    seat = None
    try:
        seat = Seat(environment.start(), settings, target)
        seat.open()
        begin = time.perf_counter()
        with seat.another("alone", {}):
            return time.perf_counter() - begin
    finally:
        if seat:
            seat.close()
        environment.stop()


def timings(services: str, *, records: int, words: Sequence[str]) -> dict[str, float]:
    """Seconds of a run by part: ``checks_s`` without the start, ``total_s`` with everything.

    Raises: SystemExit when a check failed: what is red is not compared.
    """
    with tempfile.TemporaryDirectory() as report:
        own = ["--cmdbguard", f"--cmdbguard-services={services}", f"--cmdbguard-report={report}"]
        own += [f"--cmdbguard-records={records}", "-p", "no:randomly"]
        command = [sys.executable, "-m", "pytest", *own, *words]
        finished = subprocess.run(command, check=False, capture_output=True, text=True)
        path = Path(report, "results.json")
        results = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    failed = [row["id"] for row in results.get("criteria", ()) if row["verdict"] == "failed"]
    if failed or not results:
        print(finished.stdout[-3000:])
        raise SystemExit(f"{services}: {', '.join(failed) or 'the run did not end'}")
    return dict(results["timings"])


def ratio_of(name: str, part: str, *, records: int, words: Sequence[str]) -> float:
    """Containers against embedded, printed."""
    took = {
        services: timings(services, records=records, words=words)[part]
        for services in ("embedded", "containers")
    }
    ratio = took["containers"] / took["embedded"]
    print(
        f"{name}: {took['containers']:.0f} s, {ratio:.2f} of embedded ({took['embedded']:.0f} s)"
    )
    return ratio


def main() -> int:
    """Measure and print; 1 if a limit is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--select", nargs="+", default=[*LANE])
    parser.add_argument("--whole", action="store_true", help="the whole quick run as well")
    told = parser.parse_args()
    settings = dataclasses.replace(
        Settings.defaults(Path.cwd()), services="containers", records=told.records
    )
    alone = [dict(alone_s(settings)) for _ in range(told.rounds)]
    own = {name: statistics.median(one[name] for one in alone) for name in alone[0]}
    own["ContainerCmdb"] = statistics.median(cmdb_alone_s(settings) for _ in range(told.rounds))
    for name, seconds in own.items():
        print(f"{name} alone: {seconds:.1f} s")
    text = Path(FILE).read_text(encoding="utf-8") if Path(FILE).is_file() else ""
    cache = cache_directory()
    starts = {
        services: statistics.median(
            first_check_s(
                cache, records=told.records, zap="auto", services=services, settings=settings_text
            )
            for _ in range(told.rounds)
        )
        for services, settings_text in (("containers", text), ("embedded", ""))
    }
    ratio = starts["containers"] / max(own.values())
    print(f"to the first check: {starts['containers']:.1f} s, {ratio:.2f} of the slowest alone")
    print(f"to the first check, of embedded: {starts['containers'] / starts['embedded']:.2f}")
    words = ["--cmdbguard-zap=off", "--cmdbguard-select", *told.select]
    lane = ratio_of("the security lane", "checks_s", records=told.records, words=words)
    if told.whole:
        ratio_of("the whole quick run", "total_s", records=told.records, words=["-n", "2"])
    print(f"limits: {START_LIMIT} and {LANE_LIMIT}")
    return int(ratio > START_LIMIT or lane > LANE_LIMIT)


if __name__ == "__main__":
    raise SystemExit(main())
