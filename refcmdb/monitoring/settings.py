"""How closely a process watches itself."""

from __future__ import annotations

import dataclasses

from refcmdb.variables import number, switch


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Monitoring:
    """What is measured, and how often."""

    enabled: bool = switch(
        "REFCMDB_MONITORING",
        "counts requests and looks at everything; off, figures stay empty and no alert fires",
    )
    interval_s: int = number(
        "REFCMDB_MONITORING_INTERVAL",
        "seconds between two looks at everything",
        default=15,
        highest=300,
    )
    slow_query_ms: int = number(
        "REFCMDB_SLOW_QUERY",
        "milliseconds from which on a statement is slow",
        default=500,
        highest=60_000,
    )
