"""From results to verdicts: no green on silence, no red without a finding."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from pytest_cmdbguard.criteria import Criteria
from pytest_cmdbguard.model import (
    CheckResult,
    Contact,
    Finding,
    Outcome,
    Severity,
    Verdict,
)
from pytest_cmdbguard.run import Run
from pytest_cmdbguard.verdicts import Plan, judge, matrix

CRITERIA = Criteria.load({}, today=dt.date(2026, 11, 22))


def result(outcome=Outcome.PASSED, *, nodeid="n", reason="", reached=(), findings=()):
    contacts = tuple(
        Contact(operation="GET /x", location="query", parameter=str(i), reached=flag)
        for i, flag in enumerate(reached)
    )
    return CheckResult(
        nodeid=nodeid,
        check="CG-INJ-001",
        criterion="sql-injection",
        title="t",
        outcome=outcome,
        reason=reason,
        contacts=contacts,
        findings=findings,
    )


FINDING = Finding(
    check="CG-INJ-001",
    criterion="sql-injection",
    severity=Severity.HIGH,
    title="t",
    operation="GET /x",
    location="query",
    parameter="sort",
    sink="sql",
    proof="p",
    remedy="r",
)


@pytest.mark.parametrize(
    ("outcomes", "verdict"),
    [
        ([Outcome.PASSED, Outcome.PASSED], Verdict.PASSED),
        ([Outcome.PASSED, Outcome.FAILED, Outcome.ERROR], Verdict.FAILED),
        ([Outcome.PASSED, Outcome.ERROR], Verdict.NOT_VERIFIED),
        ([Outcome.PASSED, Outcome.NOT_RUN], Verdict.NOT_VERIFIED),
        ([Outcome.PASSED, Outcome.NOT_VERIFIED], Verdict.NOT_VERIFIED),
        ([], Verdict.NOT_VERIFIED),
    ],
)
def test_verdict_of_outcomes(outcomes, verdict):
    assert judge([result(outcome) for outcome in outcomes], total=2)[0] is verdict


def test_probes_that_met_no_sink_verify_nothing():
    assert judge([result(reached=(False, False))], total=1) == (
        Verdict.NOT_VERIFIED,
        "no probe reached a sink",
    )
    assert judge([result(reached=(False, True))], total=1)[0] is Verdict.PASSED


def rows(results, *, select=(), narrowed=False, planned=("n",), total=1, criteria=CRITERIA):
    plan = Plan(
        selected=dict.fromkeys(planned, ("CG-INJ-001", "sql-injection", "t")),
        totals={"sql-injection": total},
        narrowed=narrowed,
    )
    found = matrix(criteria, plan, results, select=select)
    return {row.criterion.id: row for row in found}


def test_the_whole_gate_leaves_criteria_without_checks_not_verified():
    found = rows({"n": result()})
    assert found["sql-injection"].verdict is Verdict.PASSED
    assert found["backup"].verdict is Verdict.NOT_VERIFIED
    assert found["backup"].reason == "no check yet"


def test_a_selection_leaves_the_others_not_selected():
    found = rows({"n": result()}, select=("sql-injection",))
    run = Run(rows=tuple(found.values()), environment={}, timings={})
    assert found["backup"].verdict is Verdict.NOT_SELECTED
    assert run.is_accepted


def test_a_selected_criterion_without_checks_closes_the_gate():
    found = rows({"n": result()}, select=("sql-injection", "backup"))
    run = Run(rows=tuple(found.values()), environment={}, timings={})
    assert found["backup"].verdict is Verdict.NOT_VERIFIED
    assert not run.is_accepted


def test_nothing_selected_is_not_accepted():
    found = rows({}, planned=(), narrowed=True)
    assert not Run(rows=tuple(found.values()), environment={}, timings={}).is_accepted


def test_a_planned_item_without_result_did_not_run():
    found = rows({}, select=("sql-injection",))
    assert found["sql-injection"].verdict is Verdict.NOT_VERIFIED
    assert "the run ended before it" in found["sql-injection"].reason


def test_a_waiver_accepts_a_failure_and_does_not_hide_a_pass():
    waiver = {"reason": "r", "owner": "o", "until": dt.date(2027, 1, 1)}
    criteria = Criteria.load({"sql-injection": {"waived": waiver}}, today=dt.date(2026, 11, 22))
    failed = result(Outcome.FAILED, findings=(FINDING,))
    assert rows({"n": failed}, criteria=criteria)["sql-injection"].verdict is Verdict.WAIVED
    assert rows({"n": result()}, criteria=criteria)["sql-injection"].verdict is Verdict.PASSED


def test_results_and_plans_survive_json():
    full = result(Outcome.FAILED, reason="r", reached=(True,), findings=(FINDING,))
    assert CheckResult.from_json(full.to_json()) == full
    assert {type(value) for value in full.to_json().values()} <= {str, float, tuple, list}
    assert type(full.to_json()["findings"][0]["severity"]) is str
    plan = Plan(selected={"n": ("a", "b", "c")}, totals={"b": 1}, narrowed=True)
    assert Plan.from_json(plan.to_json()) == plan


def test_a_fingerprint_depends_on_the_place_and_not_on_the_proof():
    other = dataclasses.replace(FINDING, proof="another", reproduce=("curl",), title="x")
    elsewhere = dataclasses.replace(FINDING, parameter="q")
    assert other.fingerprint == FINDING.fingerprint != elsewhere.fingerprint
