"""What is an alert: one table, for the AlertSystem here and for Prometheus."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Literal

from refcmdb.monitoring.figures import FEWEST_REQUESTS

if TYPE_CHECKING:
    from refcmdb.monitoring.readings import Readings

LONGEST_S = 86_400
_CHANGE = re.compile(r"([a-z-]+)=([0-9]{1,9}(?:\.[0-9]{1,6})?)(?::([0-9]{1,5}))?")

Severity = Literal["warning", "critical"]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """An alert fires when a reading has been above its threshold for some time.

    It ends when the reading falls to ``clears`` times the threshold, which is lower (hysteresis).

    Attributes:
        number: under which the change log knows it; it never changes.
        reading: of :class:`~refcmdb.monitoring.readings.Readings`, above the threshold if bad.
        query: the same as a PromQL expression.
    """

    name: str
    number: int
    title: str
    reading: str
    query: str
    threshold: float
    for_s: int
    severity: Severity
    remedy: str
    clears: float = 0.8

    @property
    def clear_below(self) -> float:
        """Where a firing alert ends."""
        return self.threshold * self.clears

    def value(self, readings: Readings) -> float | None:
        """The reading; None where there is nothing to measure."""
        value = getattr(readings, self.reading)
        return None if value is None else float(value)


def _per_minute(events: str) -> str:
    return f'60 * sum by (instance) (rate(refcmdb_security_events_total{{event=~"{events}"}}[5m]))'


_REQUESTS = "sum by (instance) (increase(refcmdb_http_requests_total[5m]))"
_ERRORS = 'sum by (instance) (increase(refcmdb_http_requests_total{status="5xx"}[5m]))'
_DURATIONS = "sum by (instance, le) (rate(refcmdb_http_request_duration_seconds_bucket[5m]))"

RULES = (
    Rule(
        name="error-rate",
        number=1,
        title="Requests end with server errors",
        reading="error_share",
        query=f"{_ERRORS} / clamp_min({_REQUESTS}, {FEWEST_REQUESTS})",
        threshold=0.05,
        for_s=60,
        severity="critical",
        remedy="Look for the request ids of the errors in the log.",
    ),
    Rule(
        name="latency",
        number=2,
        title="One request in twenty takes longer than two seconds",
        reading="p95_s",
        query=f"histogram_quantile(0.95, {_DURATIONS}) and {_REQUESTS} >= {FEWEST_REQUESTS}",
        threshold=2.0,
        for_s=120,
        severity="warning",
        remedy="See the slow statements in the optimisation report.",
    ),
    Rule(
        name="pool",
        number=3,
        title="All connections to PostgreSQL are in use, and requests wait",
        reading="pool_share",
        query="(refcmdb_pool_connections_used + refcmdb_pool_waiting)"
        " / refcmdb_pool_connections_limit",
        threshold=1.0,
        for_s=60,
        severity="critical",
        remedy="Raise REFCMDB_POOL_SIZE, or add an instance.",
    ),
    Rule(
        name="cache",
        number=4,
        title="Redis does not answer",
        reading="cache_away",
        query="1 - refcmdb_cache_up",
        threshold=0.5,
        for_s=30,
        severity="warning",
        remedy="Start Redis; refcmdb answers without it, slower.",
    ),
    Rule(
        name="disk",
        number=5,
        title="The disk of the storage directory fills up",
        reading="disk_used_share",
        query="refcmdb_disk_used_ratio",
        threshold=0.9,
        for_s=60,
        severity="critical",
        remedy="Remove files, or enlarge the disk.",
        clears=0.95,
    ),
    Rule(
        name="log-ins",
        number=6,
        title="Many log-ins fail",
        reading="failed_log_ins_per_min",
        query=_per_minute("login.failed|login.locked"),
        threshold=20,
        for_s=0,
        severity="warning",
        remedy="See the addresses in the security event log; somebody guesses passwords.",
    ),
    Rule(
        name="rate-limits",
        number=7,
        title="Many callers run into the rate limit",
        reading="rate_limited_per_min",
        query=_per_minute("rate.limited"),
        threshold=10,
        for_s=60,
        severity="warning",
        remedy="See the callers in the security event log; block them in front of refcmdb.",
    ),
    Rule(
        name="backup",
        number=8,
        title="The last backup is older than a day",
        reading="backup_age_s",
        query="refcmdb_backup_age_seconds",
        threshold=90_000,  # a day, and an hour to take it in
        for_s=0,
        severity="critical",
        remedy="Take a backup, and see why the last one failed.",
    ),
)


def changed(text: str) -> tuple[Rule, ...]:
    """The rules with other thresholds: ``disk=0.8,cache=0.5:0``.

    The number behind the colon is for how many seconds. Raises: ValueError.
    """
    rules = {rule.name: rule for rule in RULES}
    for word in text.replace(",", " ").split():
        change = _CHANGE.fullmatch(word)
        if change is None or int(change[3] or 0) > LONGEST_S:
            raise ValueError(f"must be entries such as disk=0.8 or cache=0.5:60, not {word!r}")
        rule = rules.get(change[1])
        if rule is None:
            raise ValueError(f"has no rule {change[1]!r}; known: {', '.join(rules)}")
        for_s = rule.for_s if change[3] is None else int(change[3])
        rules[rule.name] = dataclasses.replace(rule, threshold=float(change[2]), for_s=for_s)
    return tuple(rules.values())
