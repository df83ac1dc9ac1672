"""A little input makes a little work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard import Evidence, Operation, Severity, check
from pytest_cmdbguard.campaigns.parsed import takes_xml
from pytest_cmdbguard.evidence import not_verified

from ._sinks import record, takes_free_text

if TYPE_CHECKING:
    from pytest_cmdbguard.campaigns.bombs import EntityBomb
    from pytest_cmdbguard.campaigns.slowness import SlowInput
    from pytest_cmdbguard.witnesses.cpu import CpuWitness

ELSEWHERE = "the target runs elsewhere: nobody sees how much it computes"


@check(
    id="CG-DOS-001",
    criterion="owasp-top-10",
    title="Work grows no faster than input",
    severity=Severity.HIGH,
    cwe=1333,
    owasp="A04:2021 API4:2023",
    asvs="5.0:1.3.12",
    remedy="Limit lengths, and use expressions that cannot backtrack (possessive, atomic, RE2).",
    operations=takes_free_text,
)
def work_grows_no_faster_than_input(
    operation: Operation, slow_input: SlowInput, cpu: CpuWitness, evidence: Evidence
) -> None:
    """Judged by the CPU time of the target's processes at growing lengths."""
    if not cpu.sees:
        not_verified(ELSEWHERE)
    record(evidence, operation, slow_input(operation), sink="cpu")


@check(
    id="CG-XML-002",
    criterion="owasp-top-10",
    title="Entities of a document do not multiply",
    severity=Severity.HIGH,
    cwe=776,
    owasp="A05:2021 A02:2025",
    asvs="5.0:1.5.1 4.0.3:5.5.2",
    remedy="Use a parser that refuses entities (defusedxml).",
    operations=takes_xml,
)
def entities_do_not_multiply(
    operation: Operation, entity_bomb: EntityBomb, cpu: CpuWitness, evidence: Evidence
) -> None:
    """Judged by the memory that the target's processes take."""
    if cpu.peak_bytes() is None:
        not_verified("the memory of the target's processes cannot be read here")
    record(evidence, operation, entity_bomb(operation), sink="memory")
