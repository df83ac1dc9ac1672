"""Invalid input is refused, and leaves no trace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard import Evidence, Operation, Parameter, Severity, check
from pytest_cmdbguard.campaigns.hostile_values import has_parameters

if TYPE_CHECKING:
    from pytest_cmdbguard.campaigns.fuzzing import Fuzzer
    from pytest_cmdbguard.campaigns.hostile_values import HostileValues


def takes_a_body(operation: Operation) -> bool:
    """Whether an operation reads a JSON body and changes something by it."""
    return operation.body is not None and not operation.reads


@check(
    id="CG-VAL-001",
    criterion="input-validation",
    title="An invalid body is answered 4xx and changes no row",
    severity=Severity.HIGH,
    cwe=20,
    owasp="A04:2021 A10:2025 API8:2023",
    asvs="5.0:2.2.1 4.0.3:5.1.3",
    remedy="Validate the whole body against its documented schema before the first statement.",
    operations=takes_a_body,
)
def invalid_bodies_are_refused(operation: Operation, fuzzer: Fuzzer, evidence: Evidence) -> None:
    """Hypothesis draws bodies that the schema refuses, and shrinks the one that got through."""
    violation = fuzzer.break_body(operation)
    if violation is not None:
        evidence.finding(
            violation.proof, operation=operation, sink=violation.sink, exchange=violation.exchange
        )
    evidence.contact(
        operation,
        Parameter(location="body", name="/"),
        reached=fuzzer.is_reached(operation),
        stopped="a valid body is refused as well",
    )


@check(
    id="CG-VAL-002",
    criterion="input-validation",
    title="No value of a parameter makes the target fail",
    severity=Severity.MEDIUM,
    cwe=755,
    owasp="A04:2021 A10:2025 API8:2023",
    asvs="5.0:2.2.1 5.0:16.5.3 4.0.3:5.1.3",
    remedy="Validate parameters against their documented types and ranges; answer the rest 4xx.",
    operations=has_parameters,
)
def parameters_are_validated(
    operation: Operation, hostile_values: HostileValues, evidence: Evidence
) -> None:
    """A number beyond 64 bits or NUL in each, with ``full`` more, and none is answered 5xx."""
    for answered in hostile_values(operation):
        if answered.proof:
            evidence.finding(
                answered.proof,
                operation=operation,
                point=answered.point,
                sink="status",
                exchange=answered.exchange,
            )
        evidence.contact(
            operation,
            answered.point,
            reached=not answered.stopped,
            stopped=answered.stopped,
        )
