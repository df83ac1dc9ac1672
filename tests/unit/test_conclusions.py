"""Two criteria rest on all security checks together, and are no greener than these."""

from __future__ import annotations

import pytest

from pytest_cmdbguard.conclusions import conclude
from pytest_cmdbguard.model import (
    CheckResult,
    Contact,
    Criterion,
    Finding,
    Outcome,
    Severity,
    Verdict,
)
from pytest_cmdbguard.run import Row

PLACES = 40


def finding(severity):
    return Finding(
        check="CG-INJ-001",
        criterion="sql-injection",
        severity=severity,
        title="t",
        operation="GET /x",
        proof="p",
        remedy="r",
    )


def row(name, verdict=Verdict.PASSED, *, findings=(), contacts=(), reason=""):
    result = CheckResult(
        nodeid="n",
        check="CG-INJ-001",
        criterion=name,
        title="t",
        outcome=Outcome.PASSED,
        findings=findings,
        contacts=contacts,
    )
    criterion = Criterion(id=name, text="t", source="s")
    return Row(criterion=criterion, verdict=verdict, checks=(result,), reason=reason)


def concluded(name, *rows, known=frozenset()):
    found = conclude(rows, known=known)
    return next((r.verdict, r.reason) for r in found if r.criterion.id == name)


def vulnerabilities(*ground, own=Verdict.PASSED, known=frozenset()):
    return concluded("vulnerabilities", row("vulnerabilities", own), *ground, known=known)


@pytest.mark.parametrize("severity", [Severity.CRITICAL, Severity.HIGH])
@pytest.mark.parametrize("verdict", [Verdict.FAILED, Verdict.WAIVED])
def test_a_grave_finding_of_any_security_check_fails_it_waived_or_not(severity, verdict):
    assert vulnerabilities(
        row("xss"), row("sql-injection", verdict, findings=(finding(severity),))
    ) == (Verdict.FAILED, "critical or high findings: sql-injection 1")


def test_what_is_known_or_not_grave_fails_nothing():
    high = finding(Severity.HIGH)
    known = vulnerabilities(
        row("sql-injection", findings=(high,)), known=frozenset({high.fingerprint})
    )
    minor = vulnerabilities(row("xss", Verdict.FAILED, findings=(finding(Severity.MEDIUM),)))
    assert known[0] is minor[0] is Verdict.PASSED


def test_what_is_undecided_leaves_it_undecided():
    names = ["csrf", "https", "xss", "authentication"]
    verdict, reason = vulnerabilities(*(row(name, Verdict.NOT_VERIFIED) for name in names))
    assert verdict is Verdict.NOT_VERIFIED
    assert reason == "not decided: csrf, https, xss and 1 more"


@pytest.mark.parametrize("verdict", [Verdict.NOT_SELECTED, Verdict.NOT_APPLICABLE])
def test_without_security_checks_it_says_nothing(verdict):
    assert vulnerabilities(row("sql-injection", verdict), row("response-time"))[0] is (
        Verdict.NOT_VERIFIED
    )


@pytest.mark.parametrize(
    "own", [Verdict.FAILED, Verdict.WAIVED, Verdict.NOT_SELECTED, Verdict.NOT_APPLICABLE]
)
def test_what_is_ruled_or_failed_already_stays(own):
    assert vulnerabilities(row("xss"), own=own)[0] is own


def contact(number, *, reached=True, closed=False, operation="GET /x"):
    return Contact(
        operation=operation,
        location="query",
        parameter=str(number),
        reached=reached,
        stopped="" if reached else "HTTP 500",
        closed=closed,
    )


def accepted(operation):
    return Contact(operation=operation, location="operation", parameter="c", reached=True)


def audit(*contacts, operations=("GET /x",)):
    own = row("security-audit", contacts=tuple(map(accepted, operations)))
    return concluded("security-audit", own, row("sql-injection", contacts=contacts))


def test_an_audit_reached_nearly_all_that_can_be_reached():
    reached = [contact(number) for number in range(PLACES)]
    missed = [contact(f"m{number}", reached=False) for number in range(3)]
    closed = [contact(f"c{number}", reached=False, closed=True) for number in range(99)]
    assert audit(*reached, *missed[:2], *closed)[0] is Verdict.PASSED
    verdict, reason = audit(*reached, *missed, *closed)
    assert verdict is Verdict.NOT_VERIFIED
    assert reason.startswith("reach 40/43, below 95%; not: GET /x query m0")


def test_a_place_that_takes_text_counts_though_validation_refused_every_probe():
    refused = [
        Contact(
            operation="GET /x",
            location="query",
            parameter=name,
            reached=False,
            stopped="validation: HTTP 404",
        )
        for name in "abc"
    ]
    assert audit(contact(1), *refused)[0] is Verdict.NOT_VERIFIED


def test_an_audit_attacked_every_operation():
    assert audit(contact(1), operations=["GET /x", "POST /y"]) == (
        Verdict.NOT_VERIFIED,
        "never attacked: POST /y",
    )


def test_a_place_counts_as_reached_when_any_attack_reached_it():
    assert audit(contact(1, reached=False), contact(1))[0] is Verdict.PASSED
