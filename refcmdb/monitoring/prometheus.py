"""The same rules for those who have Prometheus, Alertmanager and Grafana: files made of tables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from refcmdb.monitoring.alerting import Alerting
    from refcmdb.monitoring.rules import Rule

Json = dict[str, Any]

_METRIC = re.compile(r"\b(?:refcmdb|process)_[a-z_]+")
_RATE = "sum by (instance) (rate({}[5m]))"
_DURATIONS = "sum by (le) (rate(refcmdb_http_request_duration_seconds_bucket[5m]))"
_EVENTS = "sum by (event) (rate(refcmdb_security_events_total[5m])) * 60"
_HITS = 'sum(rate(refcmdb_cache_lookups_total{result="hit"}[5m]))'
_BEFORE = "sum by (coding) (rate(refcmdb_compression_input_bytes_total[5m]))"
_AFTER = "sum by (coding) (rate(refcmdb_compression_output_bytes_total[5m]))"
# Title, unit as Grafana names it, expression.
PANELS = (
    ("Health score", "none", "refcmdb_health_score"),
    ("Alerts that fire", "none", "refcmdb_alert_state == 2"),
    ("Requests per second", "reqps", _RATE.format("refcmdb_http_requests_total")),
    ("Server errors", "reqps", _RATE.format('refcmdb_http_requests_total{status="5xx"}')),
    ("p95 of all requests", "s", f"histogram_quantile(0.95, {_DURATIONS})"),
    (
        "p95 by route",
        "s",
        f"histogram_quantile(0.95, {_DURATIONS.replace('(le)', '(le, route)')})",
    ),
    ("CPU", "percentunit", _RATE.format("process_cpu_seconds_total")),
    ("Memory", "bytes", "process_resident_memory_bytes"),
    ("Memory of the machine", "percentunit", "refcmdb_host_memory_used_ratio"),
    ("Event loop lag", "s", "refcmdb_event_loop_lag_seconds"),
    ("Connections in use", "none", "refcmdb_pool_connections_used"),
    ("Requests that wait for a connection", "none", "refcmdb_pool_waiting"),
    ("Cache answers", "none", "refcmdb_cache_up"),
    ("Cache hits", "percentunit", f"{_HITS} / sum(rate(refcmdb_cache_lookups_total[5m]))"),
    ("Compression ratio", "none", f"{_BEFORE} / {_AFTER}"),
    ("Slow statements", "ops", "rate(refcmdb_slow_queries_total[5m])"),
    ("Disk in use", "percentunit", "refcmdb_disk_used_ratio"),
    ("Security events per minute", "none", _EVENTS),
    ("Age of the last backup", "s", "refcmdb_backup_age_seconds"),
)


def rule_file(rules: Iterable[Rule]) -> Json:
    """A rule file of Prometheus, as data."""
    return {"groups": [{"name": "refcmdb", "rules": [_rule(rule) for rule in rules]}]}


def route_file(settings: Alerting) -> Json:
    """A configuration of Alertmanager, as data: critical alerts first and more often.

    The webhook and the mail server are those of the settings.
    """
    critical = {
        "matchers": ['severity="critical"'],
        "receiver": "operators",
        "group_wait": "10s",
        "repeat_interval": "1h",
    }
    return {
        "route": {
            "receiver": "operators",
            "group_by": ["alertname", "instance"],
            "group_wait": "30s",
            "group_interval": "5m",
            "repeat_interval": f"{settings.repeat_s}s",
            "routes": [critical],
        },
        "receivers": [{"name": "operators"} | _receivers(settings)],
        "inhibit_rules": [
            {
                "source_matchers": ['alertname="pool"'],
                "target_matchers": ['alertname="latency"'],
                "equal": ["instance"],
            }
        ],
    }


def dashboard() -> Json:
    """A dashboard of Grafana, as data; it asks for its data source when it is imported."""
    return {
        "title": "refcmdb",
        "uid": "refcmdb",
        "schemaVersion": 39,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [{"name": "source", "type": "datasource", "query": "prometheus"}]},
        "panels": [_panel(number, *panel) for number, panel in enumerate(PANELS)],
    }


def metrics_in(expression: str) -> set[str]:
    """The metrics that a PromQL expression names."""
    return {name.removesuffix("_bucket") for name in _METRIC.findall(expression)}


def expression(rule: Rule) -> str:
    """When a rule's alert holds: above the threshold; once it fires, above where it clears."""
    firing = f'ALERTS{{alertname="{rule.name}", alertstate="firing"}}'
    return (
        f"({rule.query}) > {rule.threshold:g}"
        f" or (({rule.query}) > {rule.clear_below:g} and on (instance) {firing})"
    )


def _rule(rule: Rule) -> Json:
    return {
        "alert": rule.name,
        "expr": expression(rule),
        "for": f"{rule.for_s}s",
        "labels": {"severity": rule.severity},
        "annotations": {"summary": rule.title, "description": rule.remedy},
    }


def _receivers(settings: Alerting) -> Json:
    told: Json = {}
    if settings.webhook:
        told["webhook_configs"] = [{"url": settings.webhook, "send_resolved": True}]
    if settings.mail:
        mail = {
            "to": ", ".join(settings.recipients),
            "from": settings.sender,
            "smarthost": f"{settings.mail.host}:{settings.mail.port}",
            "send_resolved": True,
        }
        if settings.mail.user:
            # The password stays out of the file.
            mail |= {
                "auth_username": settings.mail.user,
                "auth_password_file": "/etc/alertmanager/smtp-password",
            }
        told["email_configs"] = [mail]
    return told


def _panel(number: int, title: str, unit: str, expression: str) -> Json:
    return {
        "id": number + 1,
        "title": title,
        "type": "timeseries",
        "datasource": {"type": "prometheus", "uid": "${source}"},
        "gridPos": {"h": 8, "w": 8, "x": 8 * (number % 3), "y": 8 * (number // 3)},
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "targets": [{"refId": "A", "expr": expression}],
    }
