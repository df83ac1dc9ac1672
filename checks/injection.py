"""Input stays data: in every statement the database received, it stands inside a literal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard import Evidence, Operation, Severity, check
from pytest_cmdbguard.campaigns.attack import takes_input

from ._sinks import report

if TYPE_CHECKING:
    from pytest_cmdbguard.campaigns.attack import SqlAttack


@check(
    id="CG-INJ-001",
    criterion="sql-injection",
    title="Input never becomes SQL",
    severity=Severity.HIGH,
    cwe=89,
    owasp="A03:2021 A05:2025",
    asvs="5.0:1.2.4 4.0.3:5.3.4",
    remedy="Bind values as parameters, map sort keys and columns to known names.",
    operations=takes_input,
)
def input_never_becomes_sql(
    operation: Operation, sql_attack: SqlAttack, evidence: Evidence
) -> None:
    """Judged by what PostgreSQL received (confinement, pg_stat_statements, tripwire)."""
    for result in sql_attack(operation):
        evidence.contact(
            result.operation,
            result.point,
            reached=result.reached,
            stopped=result.stopped,
            closed=result.closed,
            requests=result.requests,
        )
        report(evidence, result, sink="sql")
