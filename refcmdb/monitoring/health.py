"""The health score: 100 less what each figure costs, and what to do about those that cost."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from refcmdb.monitoring.readings import Readings


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A figure of the readings: up to ``good`` it costs nothing, from ``bad`` on its ``weight``.

    In between it costs in proportion. The weights of all components add up to 100.
    """

    figure: str
    good: float
    bad: float
    weight: int
    advice: str

    def cost(self, readings: Readings) -> float:
        """What the figure takes off the score; nothing where there is none."""
        value: float | None = getattr(readings, self.figure)
        if value is None:
            return 0.0
        return self.weight * min(max((value - self.good) / (self.bad - self.good), 0.0), 1.0)


COMPONENTS = (
    Component(
        figure="error_share",
        good=0.0,
        bad=0.05,
        weight=25,
        advice="requests fail: the log has each under its request id",
    ),
    Component(
        figure="p95_s",
        good=0.5,
        bad=2.0,
        weight=20,
        advice="answers are slow: look at the slow statements and their plans",
    ),
    Component(
        figure="pool_share",
        good=0.7,
        bad=1.0,
        weight=15,
        advice="connections run out: raise REFCMDB_POOL_SIZE or add an instance",
    ),
    Component(
        figure="loop_lag_s",
        good=0.05,
        bad=0.5,
        weight=10,
        advice="the event loop is late: add an instance, or find what blocks it",
    ),
    Component(
        figure="disk_used_share",
        good=0.8,
        bad=0.95,
        weight=10,
        advice="the disk of the storage directory fills up: remove files or enlarge it",
    ),
    Component(
        figure="cache_away",
        good=0.0,
        bad=1.0,
        weight=10,
        advice="the cache does not answer: everything is computed anew; look at Redis",
    ),
    Component(
        figure="cpu_share",
        good=0.7,
        bad=1.0,
        weight=5,
        advice="the process has no time left: add an instance",
    ),
    Component(
        figure="host_memory_share",
        good=0.85,
        bad=0.98,
        weight=5,
        advice="the machine runs out of memory: give it more, or move something away",
    ),
)


def score(readings: Readings) -> int:
    """From 0 to 100."""
    return round(100 - sum(component.cost(readings) for component in COMPONENTS))


def worst(readings: Readings) -> Sequence[tuple[Component, float]]:
    """What costs something, the most first."""
    costs = [(component, component.cost(readings)) for component in COMPONENTS]
    return sorted(((c, cost) for c, cost in costs if cost > 0), key=lambda pair: -pair[1])
