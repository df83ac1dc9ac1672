"""The files for Prometheus and its kin say what the AlertSystem does, by names that exist."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest
import yaml

from refcmdb.monitoring import prometheus
from refcmdb.monitoring.alerting import Alerting
from refcmdb.monitoring.alerts import Alert
from refcmdb.monitoring.exposition import text_of
from refcmdb.monitoring.figures import RequestFigures
from refcmdb.monitoring.metrics import Exported, families
from refcmdb.monitoring.readings import History, Host, Sample
from refcmdb.monitoring.rules import RULES
from refcmdb.services.database import PoolState
from refcmdb.variables import read

MINUTES = 40
SERIES = re.compile(r"^([a-z_]+)(?:\{(.*)\})? (\S+)$", re.MULTILINE)


def needs(program: str, package: str):
    missing = shutil.which(program) is None
    return pytest.mark.skipif(missing, reason=f"no {program}: apt install {package}")


def run(*words: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, check=False
    )


@pytest.fixture
def rule_file(run_refcmdb, tmp_path):
    path = tmp_path / "rules.yml"
    path.write_text(run_refcmdb("monitoring", "rules").stdout)
    return path


def a_bad_quarter_of_an_hour(minute: int) -> bool:
    return 10 <= minute < 20


class Story:
    """Forty minutes of a process, in the middle of which everything goes wrong."""

    def __init__(self) -> None:
        self._requests, self._history = RequestFigures(), History()
        self._events = {"login.failed": 0, "rate.limited": 0}
        self._alerts = [Alert(rule) for rule in RULES]
        self.firing: dict[str, list[int]] = {rule.name: [] for rule in RULES}
        self.series: dict[str, list[str]] = {}

    def play(self) -> None:
        for minute in range(MINUTES):
            self._happen(bad=a_bad_quarter_of_an_hour(minute))
            self._note(minute, bad=a_bad_quarter_of_an_hour(minute))

    def _happen(self, *, bad: bool) -> None:
        for number in range(100):
            errors = bad and number < 50
            slow = bad and number < 40
            self._requests.observe("/", "GET", 500 if errors else 200, 4.0 if slow else 0.02)
        self._events["login.failed"] += 60 if bad else 0
        self._events["rate.limited"] += 60 if bad else 0

    def _note(self, minute: int, *, bad: bool) -> None:
        sample = self._sample(minute, bad=bad)
        readings = self._history.readings(sample)
        self._history.add(sample)
        for alert in self._alerts:
            alert.step(alert.rule.value(readings), 60.0 * minute)
            if alert.state == "firing":
                self.firing[alert.rule.name].append(minute)
        exported = Exported(
            readings=readings,
            requests=self._requests,
            events=self._events,
            lookups={},
            slow_queries=0,
            alerts={},
            assistant={},
        )
        for name, labels, value in SERIES.findall(text_of(families(exported))):
            series = f"{name}{{{','.join(filter(None, ['instance=' + QUOTED, labels]))}}}"
            known = self.series.setdefault(series, [])
            known += ["_"] * (minute - len(known)) + [value]

    def _sample(self, minute: int, *, bad: bool) -> Sample:
        return Sample(
            at_s=60.0 * minute,
            requests=self._requests.totals(),
            events=dict(self._events),
            host=Host(
                cpu_s=0,
                memory_bytes=1,
                host_memory_share=0.5,
                disk_size_bytes=100,
                disk_free_bytes=5 if bad else 12 if minute < 25 else 60,
            ),
            loop_lag_s=0,
            pool=PoolState(used=8 if bad else 1, most=8, waiting=3 if bad else 0),
            cache_up=not bad,
            backup_age_s=100_000.0 if bad else 80_000.0 if minute < 25 else 10.0,
        )


QUOTED = '"a"'


@needs("promtool", "prometheus")
def test_rules_fire_in_prometheus_when_they_fire_here(rule_file, tmp_path):
    story = Story()
    story.play()
    assert all(story.firing.values()), story.firing
    tests = {
        "rule_files": [str(rule_file)],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [
                    {"series": series, "values": " ".join(values)}
                    for series, values in story.series.items()
                ],
                "alert_rule_test": [
                    {
                        "eval_time": f"{minute}m",
                        "alertname": rule.name,
                        "exp_alerts": [expected(rule)]
                        if minute in story.firing[rule.name]
                        else [],
                    }
                    for rule in RULES
                    for minute in range(MINUTES)
                    if certain(story.firing[rule.name], minute)
                ],
            }
        ],
    }
    path = tmp_path / "tests.yml"
    path.write_text(yaml.safe_dump(tests, width=100_000))
    done = run("promtool", "test", "rules", path)
    assert done.returncode == 0, done.stdout + done.stderr


def certain(firing: list[int], minute: int) -> bool:
    """Away from where it begins and ends: increase() extrapolates where we count."""
    return all(abs(minute - edge) > 1 for edge in (firing[0], firing[-1] + 1))


def expected(rule) -> dict:
    return {
        "exp_labels": {"severity": rule.severity, "instance": "a"},
        "exp_annotations": {"summary": rule.title, "description": rule.remedy},
    }


@needs("promtool", "prometheus")
def test_prometheus_accepts_the_rules(rule_file):
    done = run("promtool", "check", "rules", rule_file)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(RULES)} rules found" in done.stdout


def test_thresholds_of_the_settings_are_in_the_rules():
    settings = read(Alerting, {"REFCMDB_ALERT_RULES": "disk=0.5:30"})
    (group,) = prometheus.rule_file(settings.rules)["groups"]
    (disk,) = [rule for rule in group["rules"] if rule["alert"] == "disk"]
    assert disk["for"] == "30s"
    assert "(refcmdb_disk_used_ratio) > 0.5 or" in disk["expr"]


MAIL = {
    "REFCMDB_ALERT_WEBHOOK": "https://hooks.example.com/cmdb",
    "REFCMDB_ALERT_SECRET": "s" * 16,
    "REFCMDB_ALERT_SMTP": "smtp://u:hunter2@mail.example.com:587",
    "REFCMDB_ALERT_FROM": "cmdb@example.com",
    "REFCMDB_ALERT_TO": "noc@example.com",
}


@needs("amtool", "prometheus-alertmanager")
@pytest.mark.parametrize("environment", [{}, MAIL], ids=["nobody", "webhook and mail"])
def test_alertmanager_accepts_the_route(environment, tmp_path):
    path = tmp_path / "alertmanager.yml"
    text = yaml.safe_dump(prometheus.route_file(read(Alerting, environment)))
    path.write_text(text)
    done = run("amtool", "check-config", path)
    assert done.returncode == 0, done.stdout + done.stderr
    routed = run(
        "amtool", "config", "routes", "test", f"--config.file={path}", "severity=critical"
    )
    assert routed.stdout.strip() == "operators"


def test_alertmanager_is_told_no_secret():
    text = yaml.safe_dump(prometheus.route_file(read(Alerting, MAIL)))
    assert "noc@example.com" in text
    assert "hooks.example.com" in text
    assert "hunter2" not in text
    assert "s" * 16 not in text


def test_every_metric_that_rules_and_dashboard_name_is_exported(server, run_refcmdb):
    told = json.loads(run_refcmdb("monitoring", "dashboard").stdout)
    expressions = [target["expr"] for panel in told["panels"] for target in panel["targets"]]
    expressions += [prometheus.expression(rule) for rule in RULES]
    named = set().union(*map(prometheus.metrics_in, expressions))
    text = server.as_("admin").get("//metrics").text
    exported = set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))
    assert named <= exported
    assert len(named) > 15
    assert prometheus.metrics_in("rate(refcmdb_no_such_total[5m])") - exported


def test_dashboard_asks_what_prometheus_can_parse(tmp_path):
    if not shutil.which("promtool"):
        pytest.skip("no promtool: apt install prometheus")
    rules = [
        {"record": f"panel:{number}", "expr": target["expr"]}
        for number, panel in enumerate(prometheus.dashboard()["panels"])
        for target in panel["targets"]
    ]
    path = tmp_path / "panels.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    done = run("promtool", "check", "rules", "--lint=none", path)
    assert done.returncode == 0, done.stdout + done.stderr
