"""What requests took and how they ended, per route; counted when an answer is sent."""

from __future__ import annotations

import bisect
import collections
import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# Upper bounds of the buckets; what took longer is in one more.
BOUNDS_S = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
# Methods are names of series; a caller must not be able to add some.
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PATCH", "PUT", "DELETE"})
OTHER = "other"
# Fewer requests tell nothing about shares and quantiles.
FEWEST_REQUESTS = 20


class Histogram:
    """Durations in buckets."""

    __slots__ = ("buckets", "sum_s")

    def __init__(self) -> None:
        self.buckets, self.sum_s = [0] * (len(BOUNDS_S) + 1), 0.0

    def observe(self, elapsed_s: float) -> None:
        """Count one."""
        self.buckets[bisect.bisect_left(BOUNDS_S, elapsed_s)] += 1
        self.sum_s += elapsed_s


def quantile(buckets: Sequence[int], q: float) -> float | None:
    """The q-th (0 to 1) quantile in seconds, None of nothing.

    Interpolated within a bucket, and the last bound for what is beyond it, as Prometheus'
    ``histogram_quantile`` does.
    """
    rank, below, lower = q * sum(buckets), 0, 0.0
    if not rank:
        return None
    for count, upper in zip(buckets, BOUNDS_S, strict=False):
        if count and below + count >= rank:
            return lower + (upper - lower) * (rank - below) / count
        below, lower = below + count, upper
    return BOUNDS_S[-1]


@dataclasses.dataclass(slots=True)
class Compressed:
    """Answers that were sent in one content coding, and their bytes before and after."""

    answers: int = 0
    before_bytes: int = 0
    after_bytes: int = 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """All routes together, since the process began."""

    requests: int
    errors: int
    buckets: tuple[int, ...]

    def since(self, before: Totals) -> Totals:
        """What was added after ``before``."""
        pairs = zip(self.buckets, before.buckets, strict=True)
        return Totals(
            requests=self.requests - before.requests,
            errors=self.errors - before.errors,
            buckets=tuple(now - then for now, then in pairs),
        )


class RequestFigures:
    """The requests of a process; a route is its path with ``{id}``, or OTHER without one."""

    def __init__(self) -> None:
        self.durations: dict[tuple[str, str], Histogram] = {}
        self.answers: collections.Counter[tuple[str, str, int]] = collections.Counter()
        self.compressed: dict[str, Compressed] = {}

    def observe(self, route: str, method: str, status: int, elapsed_s: float) -> None:
        """Count an answered request."""
        method = method if method in METHODS else OTHER
        histogram = self.durations.get((route, method))
        if histogram is None:
            histogram = self.durations[route, method] = Histogram()
        histogram.observe(elapsed_s)
        self.answers[route, method, status // 100] += 1

    def compress(self, coding: str, before_bytes: int, after_bytes: int) -> None:
        """Count an answer that was compressed."""
        sent = self.compressed.setdefault(coding, Compressed())
        sent.answers += 1
        sent.before_bytes += before_bytes
        sent.after_bytes += after_bytes

    def totals(self) -> Totals:
        """All routes together."""
        columns = zip(*(one.buckets for one in self.durations.values()), strict=True)
        return Totals(
            requests=self.answers.total(),
            errors=sum(n for (_, _, kind), n in self.answers.items() if kind == 5),
            buckets=tuple(map(sum, columns)) or (0,) * (len(BOUNDS_S) + 1),
        )
