"""Measures one request again and again until its verdict is clear or its time is up."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from pytest_cmdbguard.statistics import Exceedance, exceedance_verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WARM_UP, CLEAR = 8, 4
# 72 samples within the limit are enough for a p95, with an error of 2.5 %
FIRST_ROUNDS = {"quick": 75, "full": 600}
EXTENSIONS = 3
CAP_S = {"quick": 20.0, "full": 60.0}


class Stopwatch:
    """Times a call with pytest-benchmark where that is active, with its own clock elsewhere.

    pytest-benchmark switches itself off under xdist; a timing item holds the run's lock alone,
    so its own samples are as good.
    """

    def __init__(self, find_benchmark: Callable[[], Any], *, profile: str) -> None:
        self._find_benchmark, self._profile = find_benchmark, profile

    def judge(
        self, call: Callable[[], float | None], *, limit_s: float, quantile: float = 0.95
    ) -> Exceedance:
        """The verdict on "the quantile of the call's durations is at most the limit".

        Args:
            call: does the work once; returns its duration in seconds if it is not the call's
                own (time spent inside the database), else None.
            limit_s: seconds.
            quantile: 0.95 for p95.

        The first calls only warm up, unless all of them break the limit: then the verdict is
        clear already. An unclear one is measured again, twice as long each time, three times at
        most and never beyond the profile's time cap: then it stays undecided.
        """
        warm_up: list[float] = []
        started = time.perf_counter()
        for _ in range(WARM_UP):
            warm_up.append(self._time(call))
            verdict = exceedance_verdict(warm_up, limit_s=limit_s, quantile=quantile)
            if verdict.k == verdict.n >= CLEAR:
                return verdict
        now, cap_s = time.perf_counter(), CAP_S[self._profile]
        deadline, each_s = now + cap_s, (now - started) / WARM_UP
        rounds = min(FIRST_ROUNDS[self._profile], max(CLEAR, int(cap_s / each_s)))
        samples = self._first(call, rounds)
        for extension in range(EXTENSIONS + 1):
            verdict = exceedance_verdict(
                samples, limit_s=limit_s, quantile=quantile, alpha=0.025 / 2**extension
            )
            if verdict.outcome != "undecided":
                break
            samples += list(self._until(call, len(samples), deadline))
        return verdict

    def _first(self, call: Callable[[], float | None], rounds: int) -> list[float]:
        own: list[float] = []

        def measured() -> None:
            duration = call()
            if duration is not None:
                own.append(duration)

        benchmark = self._find_benchmark()
        if benchmark is None:
            return [self._time(call) for _ in range(rounds)]
        benchmark.pedantic(measured, rounds=rounds, iterations=1)
        return own or list(benchmark.stats.stats.data)

    def _until(
        self, call: Callable[[], float | None], count: int, deadline: float
    ) -> Iterator[float]:
        for _ in range(count):
            if time.perf_counter() > deadline:
                return
            yield self._time(call)

    @staticmethod
    def _time(call: Callable[[], float | None]) -> float:
        started = time.perf_counter()
        own = call()
        return time.perf_counter() - started if own is None else own
