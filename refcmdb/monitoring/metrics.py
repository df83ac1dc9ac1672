"""What ``/metrics`` exports: the names that rules and dashboards may use."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING

from refcmdb.monitoring import health
from refcmdb.monitoring.exposition import histogram, one, several
from refcmdb.monitoring.readings import FAILED_LOG_INS, RATE_LIMITED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from refcmdb.monitoring.exposition import Family
    from refcmdb.monitoring.figures import RequestFigures
    from refcmdb.monitoring.readings import Readings

# A series that begins with its first event would hide that one from rate().
COUNTED = dict.fromkeys((*FAILED_LOG_INS, *RATE_LIMITED), 0)
LOOKED_UP = {"hit": "hits", "miss": "misses"}
TOKENS = ("prompt", "completion", "saved")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """Everything that is exported of a process at one moment.

    ``lookups`` are those of the cache by their result; ``alerts`` the rules by name, with 0 for
    quiet, 1 for pending and 2 for firing; ``assistant`` its statistics, empty without one.
    """

    readings: Readings
    requests: RequestFigures
    events: Mapping[str, int]
    lookups: Mapping[str, int]
    slow_queries: int
    alerts: Mapping[str, int]
    assistant: Mapping[str, int]


def families(now: Exported) -> Iterator[Family]:
    """All metrics."""
    yield from _of_requests(now.requests)
    yield from _of_compression(now.requests)
    yield from _of_the_process(now.readings)
    yield from _of_services(now)
    yield from _of_the_assistant(now.assistant)
    yield several(
        "refcmdb_security_events_total",
        "Security events.",
        {(("event", name),): count for name, count in {**COUNTED, **now.events}.items()},
        kind="counter",
    )
    yield one("refcmdb_health_score", "From 0 to 100.", health.score(now.readings))
    yield several(
        "refcmdb_alert_state",
        "0 is quiet, 1 pending, 2 firing.",
        {(("rule", name),): value for name, value in now.alerts.items()},
    )


def _of_requests(figures: RequestFigures) -> Iterator[Family]:
    yield several(
        "refcmdb_http_requests_total",
        "Answered requests.",
        {
            (("route", route), ("method", method), ("status", f"{kind}xx")): count
            for (route, method, kind), count in figures.answers.items()
        },
        kind="counter",
    )
    yield histogram(
        "refcmdb_http_request_duration_seconds",
        "From the first byte of a request to the last of its answer.",
        {
            (("route", route), ("method", method)): durations
            for (route, method), durations in figures.durations.items()
        },
    )


def _of_compression(figures: RequestFigures) -> Iterator[Family]:
    codings = figures.compressed.items()
    yield several(
        "refcmdb_compression_input_bytes_total",
        "Bytes of answers before they were compressed.",
        {(("coding", coding),): sent.before_bytes for coding, sent in codings},
        kind="counter",
    )
    yield several(
        "refcmdb_compression_output_bytes_total",
        "Bytes of answers after they were compressed.",
        {(("coding", coding),): sent.after_bytes for coding, sent in codings},
        kind="counter",
    )


def _of_the_process(now: Readings) -> Iterator[Family]:
    yield one("process_cpu_seconds_total", "CPU time.", time.process_time(), kind="counter")
    yield one("process_resident_memory_bytes", "Memory in use.", now.memory_bytes)
    yield one("refcmdb_host_memory_used_ratio", "Memory of the machine.", now.host_memory_share)
    yield one("refcmdb_disk_used_ratio", "Of the storage directory.", now.disk_used_share)
    yield one("refcmdb_disk_free_bytes", "Of the storage directory.", now.disk_free_bytes)
    yield one("refcmdb_event_loop_lag_seconds", "The worst of late.", now.loop_lag_s)


def _of_services(exported: Exported) -> Iterator[Family]:
    now = exported.readings
    yield one("refcmdb_pool_connections_used", "Connections to PostgreSQL.", now.pool_used)
    yield one("refcmdb_pool_connections_limit", "How many there may be.", now.pool_most)
    yield one("refcmdb_pool_waiting", "Requests that wait for one.", now.pool_waiting)
    up = None if now.cache_up is None else float(now.cache_up)
    yield one("refcmdb_cache_up", "Whether Redis answers.", up)
    yield several(
        "refcmdb_cache_lookups_total",
        "Answers that were looked for in the cache.",
        {(("result", result),): count for result, count in exported.lookups.items()},
        kind="counter",
    )
    slow = exported.slow_queries
    yield one("refcmdb_slow_queries_total", "Statements that took long.", slow, kind="counter")
    yield one("refcmdb_backup_age_seconds", "Since the last backup.", now.backup_age_s)


def _of_the_assistant(counts: Mapping[str, int]) -> Iterator[Family]:
    if not counts:
        return
    yield several(
        "refcmdb_assistant_lookups_total",
        "Answers of the assistant that were looked for in the cache.",
        {(("result", result),): counts[name] for result, name in LOOKED_UP.items()},
        kind="counter",
    )
    yield several(
        "refcmdb_assistant_tokens_total",
        "Tokens that its model used, and those that answers from the cache saved.",
        {(("kind", kind),): counts[f"{kind}_tokens"] for kind in TOKENS},
        kind="counter",
    )
    failures = counts["failures"]
    yield one("refcmdb_assistant_failures_total", "No answer came.", failures, kind="counter")
