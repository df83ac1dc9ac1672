"""Nobody reads or changes the objects of another tenant, whatever the status says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard import Evidence, Operation, Parameter, Severity, check

if TYPE_CHECKING:
    from pytest_cmdbguard.campaigns.estate import Estate
    from pytest_cmdbguard.model import Actor
    from pytest_cmdbguard.probes.client import Api
    from pytest_cmdbguard.witnesses.rows import RowWitness


def reads(operation: Operation) -> bool:
    """Whether an operation shows objects to actors."""
    return operation.method == "GET" and operation.secured


def changes_one(operation: Operation) -> bool:
    """Whether an operation changes the one object that its path leads to."""
    return operation.method in {"PATCH", "PUT", "DELETE"} and operation.path.endswith("}")


@check(
    id="CG-AUTHZ-001",
    criterion="access-control",
    title="Another tenant's objects cannot be read",
    severity=Severity.CRITICAL,
    cwe=639,
    owasp="A01:2021 A01:2025 API1:2023",
    asvs="5.0:8.2.2 4.0.3:4.2.1",
    remedy="Scope every query by the caller's tenant, not by the ids and filters of the request.",
    operations=reads,
)
def foreign_objects_are_invisible(
    operation: Operation,
    estate: Estate,
    strangers: tuple[Actor, ...],
    api: Api,
    evidence: Evidence,
) -> None:
    """A token in an answer proves it: only the owner ever sent that token."""
    reached = False
    for values in estate.asks(operation):
        reached |= any(
            estate.shown_in(api.as_actor(owner.name).send(operation, values))
            for owner in estate.owners
        )
        for stranger in strangers:
            answer = api.as_actor(stranger.name).send(operation, values)
            if token := estate.shown_in(answer):
                owner = estate.owner_of(token)
                evidence.finding(
                    f"{stranger.name} (tenant {stranger.tenant}) was answered HTTP "
                    f"{answer.status} with {token}, which only {owner.name} (tenant "
                    f"{owner.tenant}) ever sent",
                    operation=operation,
                    sink="response",
                    exchange=answer,
                )
    if reached or not estate.is_shared(operation):
        evidence.contact(
            operation,
            Parameter(location="object", name="owner token"),
            reached=reached,
            stopped="not shown to its owner either",
        )


@check(
    id="CG-AUTHZ-002",
    criterion="access-control",
    title="Another tenant's objects cannot be changed",
    severity=Severity.CRITICAL,
    cwe=639,
    owasp="A01:2021 A01:2025 API1:2023",
    asvs="5.0:8.2.2 4.0.3:4.2.1",
    remedy="Check who asks before the first write, in the same query that finds the row.",
    operations=changes_one,
)
def foreign_objects_are_untouchable(
    operation: Operation,
    estate: Estate,
    strangers: tuple[Actor, ...],
    api: Api,
    rows: RowWitness,
    evidence: Evidence,
) -> None:
    """The row is the witness: it must be the same after a stranger's request, refused or not."""
    if estate.is_shared(operation):
        return
    owned = estate.fresh(operation)
    if owned is None:
        evidence.contact(
            operation,
            Parameter(location="object", name="row"),
            reached=False,
            stopped="no owned object",
        )
        return
    row = owned.row(rows)
    for stranger in strangers:
        before = rows.state(row)
        answer = api.as_actor(stranger.name).send(operation, estate.values(operation, owned))
        after = rows.state(row)
        if before is not None and after != before:
            evidence.finding(
                f"{stranger.name} (tenant {stranger.tenant}) was answered HTTP {answer.status}, "
                f"and in {row} of tenant {owned.owner.tenant}: {before.turned_into(after)}",
                operation=operation,
                sink="row",
                exchange=answer,
            )
    before = rows.state(row)
    api.as_actor(owned.owner.name).send(operation, estate.values(operation, owned))
    evidence.contact(
        operation,
        Parameter(location="object", name="row"),
        reached=before is not None and rows.state(row) != before,
        stopped="the owner's own request changed nothing",
    )
