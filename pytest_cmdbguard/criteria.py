"""The acceptance criteria of both task documents as one table, and how users change it.

Sources: *hardening* is the task "Security Hardening and Performance Optimization" of the Network
CMDB, *task-030* is "Performance Optimization and Security Hardening". Where one line of a
document asks for two things that hold or fail apart, it became two criteria.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from .errors import SettingsError
from .model import Criterion, Verdict
from .settings import FILE

_A = "hardening, acceptance criteria"
_S = "hardening, security"
_P = "hardening, performance"
_T = "hardening, targets"
_C = "hardening, components"
_D = "hardening, definition of done"
_30 = "task-030"


def _row(id: str, source: str, text: str, **threshold: float | str) -> Criterion:  # noqa: A002 - the word of the table
    return Criterion(id=id, text=text, source=source, threshold=threshold)


TABLE = (
    _row("sql-injection", _S, "SQL injection protection verified"),
    _row(
        "access-control", _S, "Authorization: no actor reads or changes another tenant's objects"
    ),
    _row("security-headers", _A, "Security headers implemented"),
    _row("input-validation", _S, "API security with proper input validation and sanitization"),
    _row("response-time", _A, "Response times below 2 s for 100K+ records", p95_s=2.0),
    _row("indexed-search", _T, "Database: indexed searches below 500 ms", p95_s=0.5),
    _row("query-plans", _A, "Query optimization with proper indexing strategy", large_rows=1000),
    _row("caching", _A, "Redis caching layer with intelligent cache invalidation"),
    _row("xss", _S, "XSS protection verified"),
    _row("owasp-top-10", _S, "OWASP Top 10 vulnerability assessment and remediation"),
    _row("security-audit", _A, "Security audit completed with penetration testing results"),
    _row("vulnerabilities", _A, "All critical and high-severity vulnerabilities remediated"),
    _row("authentication", _S, "Authentication security review"),
    _row("csrf", _30, "CSRF protection"),
    _row("https", _A, "HTTPS enforcement implemented"),
    _row("rate-limiting", _A, "Rate limiting and DDoS protection configured"),
    _row("request-limits", _30, "Request size limits and suspicious user agents blocked"),
    _row("threat-detection", _30, "Security middleware with threat detection and issue reporting"),
    _row("encryption-at-rest", _A, "Data encryption at rest verified"),
    _row("encryption-in-transit", _A, "Data encryption in transit verified"),
    _row("key-rotation", _S, "Secrets management with proper key rotation"),
    _row(
        "container-hardening",
        _S,
        "Container security scanning and hardening",
        age_days=90,
        size_bytes=1e9,
    ),
    _row("security-scanning", _30, "Security scanning and vulnerability assessment"),
    _row("load", _A, "Load testing with 1000+ concurrent users", users=1000, p95_s=2.0),
    _row("memory", _T, "Memory below 2 GB per service instance", rss_bytes=2e9),
    _row("cpu", _T, "CPU utilization below 70 % under normal load", busy_percent=70),
    _row("connection-pool", _P, "Database connection pooling and query time-outs"),
    _row("genai-cache", _30, "GenAI response caching"),
    _row("compression", _30, "Compression and minification of responses and web assets"),
    _row("frontend-bundle", _P, "Frontend bundle optimization and code splitting"),
    _row("frontend-load", _T, "Frontend: initial load < 3 s, navigation < 1 s", initial_s=3.0),
    _row("cdn", _P, "CDN integration for static asset delivery"),
    _row("monitoring", _A, "Monitoring configured for production: metrics, health score"),
    _row("performance-api", _30, "/api/v1/performance endpoints for admin and operator only"),
    _row("alerting", _A, "Alerting rules configured for critical system events"),
    _row("dashboards", _D, "Monitoring dashboards configured with key metrics"),
    _row("failover", _C, "LoadBalancer: request distribution and failover"),
    _row("backup", _C, "BackupService: automated backup and disaster recovery, tested"),
    _row("documentation", _D, "Security and performance guidelines documented"),
    _row("deployment", _D, "Production deployment checklist completed"),
)

_KEYS = {"text", "source", "threshold", "waived", "not_applicable"}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What people, not checks, decided about a criterion; ``reason`` is theirs."""

    verdict: Verdict
    reason: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """The criteria of this run by id, in the order of the documents, and the rulings on them."""

    by_id: Mapping[str, Criterion]
    rulings: Mapping[str, Ruling]

    @classmethod
    def load(cls, tables: Mapping[str, Any], *, today: dt.date) -> Criteria:
        """The shipped table with ``[criteria.ID]`` of ``cmdbguard.toml`` laid over it.

        Args:
            tables: ID to a table with ``text``, ``source``, ``threshold`` (a table),
                ``waived`` ({reason, owner, until}) or ``not_applicable`` (the reason).
            today: a waiver whose ``until`` lies before it counts no longer.
        Raises: SettingsError for an unknown key, a new criterion without text, a waiver
            without reason, owner or date.
        """
        by_id = {criterion.id: criterion for criterion in TABLE}
        rulings = {}
        for name, table in tables.items():
            by_id[name] = _merge(by_id.get(name), name, table)
            if ruling := _ruling(name, table, today):
                rulings[name] = ruling
        return cls(by_id=by_id, rulings=rulings)

    def __contains__(self, name: str) -> bool:
        return name in self.by_id


def _merge(known: Criterion | None, name: str, table: object) -> Criterion:
    if not isinstance(table, Mapping):
        raise _wrong(name, table, "write a table")
    if unknown := set(table) - _KEYS:
        raise _wrong(name, min(unknown), f"known keys are {', '.join(sorted(_KEYS))}")
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
        raise _wrong(name, name, "use lower-case letters, digits and dashes in an id")
    threshold = table.get("threshold", {})
    if not isinstance(threshold, Mapping):
        raise _wrong(name, threshold, "threshold is a table such as { p95_s = 1.5 }")
    if known is None:
        if not isinstance(table.get("text"), str):
            raise _wrong(name, table.get("text"), "a criterion of your own needs a text")
        known = Criterion(id=name, text=table["text"], source=FILE)
    _require_same_kind(name, known.threshold, threshold)
    return dataclasses.replace(
        known,
        text=table.get("text", known.text),
        source=table.get("source", known.source),
        threshold={**known.threshold, **threshold},
    )


def _require_same_kind(name: str, known: Mapping[str, object], new: Mapping[str, object]) -> None:
    for key, value in new.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if known and key not in known:
            raise _wrong(name, key, f"its thresholds are {', '.join(known)}")
        if known and (not number or float(str(value)) <= 0):
            raise _wrong(name, value, f"threshold {key} is a number above 0")


def _ruling(name: str, table: Mapping[str, Any], today: dt.date) -> Ruling | None:
    if reason := table.get("not_applicable"):
        return Ruling(verdict=Verdict.NOT_APPLICABLE, reason=str(reason))
    waiver = table.get("waived")
    if waiver is None:
        return None
    until = waiver.get("until") if isinstance(waiver, Mapping) else None
    if not (isinstance(until, dt.date) and waiver.get("reason") and waiver.get("owner")):
        raise _wrong(name, waiver, "waived needs reason, owner and until = 2027-05-31")
    if until < today:
        return None
    text = f'"{waiver["reason"]}" ({waiver["owner"]}, until {until})'
    return Ruling(verdict=Verdict.WAIVED, reason=text)


def _wrong(name: str, value: object, remedy: str) -> SettingsError:
    return SettingsError(f"criteria.{name}", value, source=FILE, remedy=remedy)
