"""What of monitoring is set: read from ``REFCMDB_…`` variables."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from refcmdb.variables import numbers, switch

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Monitoring:
    """How closely a process watches itself.

    Attributes:
        enabled: REFCMDB_MONITORING (on, off), counts requests and looks at everything.
        interval_s: REFCMDB_MONITORING_INTERVAL, seconds between two looks at everything.
        slow_query_ms: REFCMDB_SLOW_QUERY, milliseconds from which on a statement is slow.
    """

    enabled: bool = True
    interval_s: int = 15
    slow_query_ms: int = 500

    @classmethod
    def parse(cls, environment: Mapping[str, str]) -> Monitoring:
        """The settings of the variables. Raises: VariableProblem for the first wrong one."""
        number, default = numbers(environment), cls()
        return cls(
            enabled=switch(environment, "REFCMDB_MONITORING", default.enabled),
            interval_s=number("MONITORING_INTERVAL", default.interval_s, 1, 300),
            slow_query_ms=number("SLOW_QUERY", default.slow_query_ms, 1, 60_000),
        )
