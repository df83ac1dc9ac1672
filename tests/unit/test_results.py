"""``results.json``: whole or not at all, and as its schema says."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from pytest_cmdbguard.model import (
    CheckResult,
    Contact,
    Criterion,
    Finding,
    Outcome,
    Severity,
    Verdict,
)
from pytest_cmdbguard.report import results
from pytest_cmdbguard.run import Row, Run

SCHEMA = json.loads(Path(results.__file__).with_name("results.schema.json").read_text())
DOCUMENTATION = Path(__file__).parents[2] / "docs" / "results.md"
CRITERION = Criterion(id="xss", text="No XSS", source="hardening", threshold={"p95_s": 2.0})


def finding(severity=Severity.HIGH, proof="seen", parameter="q"):
    return Finding(
        check="CG-INJ-001",
        criterion="xss",
        severity=severity,
        title="t",
        operation="GET /x",
        location="query",
        parameter=parameter,
        sink="sql",
        proof=proof,
        reproduce=("curl",),
        remedy="r",
    )


def run(*, verdict=Verdict.FAILED, findings=(), contacts=(), aborted=""):
    result = CheckResult(
        nodeid="n",
        check="CG-INJ-001",
        criterion="xss",
        title="t",
        outcome=Outcome.FAILED if findings else Outcome.PASSED,
        contacts=contacts,
        findings=findings,
    )
    row = Row(criterion=CRITERION, verdict=verdict, checks=(result,), planned=1, total=1)
    environment = {
        "cmdbguard": "1",
        "python": "3",
        "target": "x",
        "profile": "quick",
        "records": 1,
        "services": "embedded",
    }
    return Run(rows=(row,), environment=environment, timings={"total_s": 1.0}, aborted=aborted)


def test_it_fits_its_schema_with_everything_in_it():
    place = {"operation": "GET /x", "location": "query"}
    met = Contact(**place, parameter="q", reached=True, requests=3)
    missed = Contact(**place, parameter="p", reached=False, stopped="HTTP 422", requests=5)
    closed = Contact(**place, parameter="n", reached=False, stopped="HTTP 422", closed=True)
    written = results.to_json(run(findings=(finding(),), contacts=(met, missed, closed)))
    jsonschema.validate(json.loads(json.dumps(written)), SCHEMA)
    assert {name: written["reach"][name] for name in ("probed", "reached", "closed")} == {
        "probed": 2,
        "reached": 1,
        "closed": 1,
    }
    assert written["reach"]["requests"] == 8
    stopped = {"stopped": "HTTP 422"}
    assert written["reach"]["unreached"] == [
        {**place, "parameter": "p", **stopped, "closed": False, "requests": 5},
        {**place, "parameter": "n", **stopped, "closed": True, "requests": 0},
    ]
    assert written["criteria"][0]["checks"][0]["findings"] == [finding().fingerprint]


@pytest.mark.parametrize("key", ["format", "accepted", "criteria", "findings", "reach"])
def test_the_schema_misses_what_is_missing(key):
    written = results.to_json(run())
    del written[key]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(written, SCHEMA)


def test_the_schema_refuses_words_that_nobody_defined():
    written = results.to_json(run())
    written["criteria"][0]["verdict"] = "probably fine"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(written, SCHEMA)


def test_an_aborted_run_is_never_accepted():
    assert results.to_json(run(verdict=Verdict.PASSED))["accepted"] is True
    assert results.to_json(run(verdict=Verdict.PASSED, aborted="Ctrl-C"))["accepted"] is False


def test_the_worst_finding_comes_first():
    found = (finding(Severity.LOW), finding(Severity.CRITICAL, parameter="p"))
    severities = [one["severity"] for one in results.to_json(run(findings=found))["findings"]]
    assert severities == ["critical", "low"]


def test_a_fingerprint_does_not_depend_on_what_was_seen():
    assert finding(proof="port 1").fingerprint == finding(proof="port 2").fingerprint
    assert finding(parameter="a").fingerprint != finding(parameter="b").fingerprint


def test_a_report_that_cannot_be_written_leaves_the_old_one_alone(tmp_path, monkeypatch):
    results.write(run(), tmp_path)
    before = (tmp_path / results.NAME).read_text()

    def full(self, text, **_):
        with self.open("w") as file:
            file.write(text[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space left"):
        results.write(run(aborted="later"), tmp_path)
    assert (tmp_path / results.NAME).read_text() == before
    assert [path.name for path in tmp_path.iterdir()] == [results.NAME]


def test_the_documentation_names_every_key_and_the_format():
    text = DOCUMENTATION.read_text()
    assert results.FORMAT in text
    keys = [*SCHEMA["properties"], *SCHEMA["$defs"]["finding"]["properties"]]
    assert [key for key in keys if key not in text] == []
