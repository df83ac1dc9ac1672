"""What a check records: one finding per place, proof from what was seen, lines that run again."""

from __future__ import annotations

import pytest

from pytest_cmdbguard.evidence import NOT_VERIFIED, Evidence, not_verified, summary
from pytest_cmdbguard.model import Exchange, Operation, Outcome, Parameter, Severity, check

CLAIM = check(
    id="OWN-API-001",
    criterion="xss",
    title="t",
    severity=Severity.HIGH,
    remedy="r",
    cwe=79,
)
OPERATION = Operation(id="devices_list", method="GET", path="/devices")
POINT = Parameter(location="query", name="q")
EXCHANGE = Exchange(
    method="GET", url="http://127.0.0.1:1/devices?q=x", status=500, headers={}, body=b"oops"
)


@pytest.fixture
def evidence():
    return Evidence(CLAIM, "test_own.py::test_one[devices_list]")


def test_one_place_is_one_finding_and_the_first_proof_stays(evidence):
    evidence.finding("first", operation=OPERATION, point=POINT, sink="sql")
    evidence.finding("second", operation=OPERATION, point=POINT, sink="sql")
    evidence.finding("elsewhere", operation=OPERATION, point=POINT, sink="row")
    assert [finding.proof for finding in evidence.findings] == ["first", "elsewhere"]


def test_what_was_noted_proves_a_failed_assert(evidence):
    evidence.add("the list", EXCHANGE)
    evidence.finding_from_assertion("assert 500 == 200")
    (finding,) = evidence.findings
    assert "the list: GET http://127.0.0.1:1/devices?q=x answered 500 oops" in finding.proof
    assert "assert 500 == 200" in finding.proof
    assert finding.references == ("CWE-79",)


def test_a_finding_says_how_to_see_it_again(evidence):
    evidence.finding("p", operation=OPERATION, exchange=EXCHANGE)
    curl, again = evidence.findings[0].reproduce
    assert curl == "curl -si 'http://127.0.0.1:1/devices?q=x'"
    assert again == "pytest --cmdbguard --cmdbguard-select OWN-API-001 -k devices_list"


def test_a_check_without_an_id_is_run_again_by_its_name():
    claim = check(id="test_one", criterion="xss", title="t", severity=Severity.LOW, remedy="r")
    evidence = Evidence(claim, "test_own.py::test_one")
    evidence.finding("p")
    assert evidence.findings[0].reproduce == ("pytest --cmdbguard -k test_one",)


def test_a_severity_of_its_own_overrules_the_claims(evidence):
    evidence.finding("p", severity=Severity.CRITICAL)
    assert evidence.findings[0].severity is Severity.CRITICAL


def test_findings_that_prove_nothing_are_dropped(evidence):
    evidence.finding("p")
    evidence.drop_findings()
    assert evidence.findings == ()


def test_the_result_holds_all_that_was_recorded(evidence):
    evidence.measure("2 of 7", share=2 / 7)
    evidence.contact(OPERATION, POINT, reached=False, stopped="HTTP 422")
    result = evidence.result(Outcome.PASSED, reason="", duration_s=0.5)
    assert (result.measured, result.duration_s, result.criterion) == ("2 of 7", 0.5, "xss")
    assert result.contacts[0].stopped == "HTTP 422"
    assert type(result).from_json(result.to_json()) == result


def test_a_contact_that_was_reached_stopped_nowhere(evidence):
    evidence.contact(OPERATION, POINT, reached=True, stopped="whatever")
    result = evidence.result(Outcome.PASSED, reason="", duration_s=0)
    assert result.contacts[0].stopped == ""


def test_no_verdict_ends_the_check():
    with pytest.raises(pytest.skip.Exception, match=NOT_VERIFIED + "too dark"):
        not_verified("too dark")


def test_the_summary_has_two_lines_per_finding(evidence):
    evidence.finding("seen", operation=OPERATION, point=POINT)
    assert summary(evidence.findings) == "high: GET /devices query q\n  seen"
