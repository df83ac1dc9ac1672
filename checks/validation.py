"""Invalid bodies are refused, and leave no trace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard import Evidence, Operation, Parameter, Severity, check

if TYPE_CHECKING:
    from pytest_cmdbguard.campaigns.fuzzing import Fuzzer


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
