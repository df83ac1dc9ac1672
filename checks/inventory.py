"""What is served is documented, all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard import Evidence, Parameter, Severity, check
from pytest_cmdbguard.campaigns import inventory

if TYPE_CHECKING:
    from pytest_cmdbguard import Operation
    from pytest_cmdbguard.probes.client import Api


@check(
    id="CG-INV-001",
    criterion="owasp-top-10",
    title="Nothing answers that the document does not name",
    severity=Severity.MEDIUM,
    cwe=1059,
    owasp="A05:2021 A02:2025 API9:2023",
    asvs="5.0:4.1.4 5.0:13.4.5 4.0.3:14.5.1",
    remedy="Remove the route, or document and protect it like the others.",
)
def nothing_undocumented_answers(
    operations: tuple[Operation, ...],
    listed: tuple[Operation, ...],
    attack_api: Api,
    evidence: Evidence,
) -> None:
    """Other methods on every documented path, and the paths that intruders try first."""
    for found in (
        *inventory.other_methods(attack_api, operations, listed),
        *inventory.other_paths(attack_api, listed),
    ):
        evidence.finding(
            found.words,
            operation=found.operation,
            sink=found.what,
            exchange=found.exchange,
        )
    for operation in operations:
        evidence.contact(operation, Parameter(location="method", name="all others"), reached=True)
