"""Clients set and see the properties that the document names, and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard import Evidence, Operation, Parameter, Severity, check

if TYPE_CHECKING:
    from pytest_cmdbguard.campaigns.assignment import Assignment
    from pytest_cmdbguard.campaigns.exposure import Exposure

ANSWER = Parameter(location="response", name="body")


def stores_a_body(operation: Operation) -> bool:
    """Whether an operation stores what a JSON body says."""
    takes_one = operation.body is not None and operation.method in {"POST", "PUT", "PATCH"}
    return operation.secured and takes_one


@check(
    id="CG-AUTHZ-006",
    criterion="access-control",
    title="No column is set that the document does not take",
    severity=Severity.HIGH,
    cwe=915,
    owasp="A08:2021 A06:2025 API3:2023",
    asvs="5.0:15.3.3 4.0.3:5.1.2",
    remedy="Copy the documented fields one by one; never the whole body into the row.",
    operations=stores_a_body,
)
def undocumented_columns_cannot_be_set(
    operation: Operation, assignment: Assignment, evidence: Evidence
) -> None:
    """Sends the real names of the columns with values of their types, and reads the row."""
    for assigned in assignment(operation):
        evidence.contact(
            operation, assigned.point, reached=assigned.reached, stopped=assigned.stopped
        )
        if assigned.proof:
            evidence.finding(
                assigned.proof,
                operation=operation,
                point=assigned.point,
                sink="row",
                exchange=assigned.exchange,
                severity=assigned.severity,
            )


@check(
    id="CG-AUTHZ-007",
    criterion="access-control",
    title="No answer shows a secret of the database, or what the document does not name",
    severity=Severity.CRITICAL,
    cwe=200,
    owasp="A01:2021 A01:2025 API3:2023",
    asvs="5.0:15.3.1 4.0.3:8.3.4",
    remedy="Build answers from a declared schema; never serialise the row.",
)
def answers_show_no_secrets(operation: Operation, exposure: Exposure, evidence: Evidence) -> None:
    """Reads as every role, and looks for what really stands in the secret columns."""
    useful, found = exposure(operation)
    for exposed in found:
        evidence.finding(
            exposed.proof,
            operation=operation,
            sink=exposed.sink,
            exchange=exposed.exchange,
            severity=exposed.severity,
        )
    empty = exposure.shows_nothing(operation)
    stopped = "no body in the answer" if empty else "no actor got an answer"
    evidence.contact(operation, ANSWER, reached=useful, stopped=stopped, closed=empty)
