"""Every role does what the policy lets it do, and nobody does anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard import Evidence, Operation, Parameter, Severity, check
from pytest_cmdbguard.evidence import not_verified

if TYPE_CHECKING:
    from pytest_cmdbguard.campaigns.functions import Functions, Visits
    from pytest_cmdbguard.campaigns.grounds import Grounds
    from pytest_cmdbguard.campaigns.policy import Draft, Policy

EFFECT = Parameter(location="object", name="effect")


def is_secured(operation: Operation) -> bool:
    """Whether an operation asks for a credential."""
    return operation.secured


def tell(visits: Visits, operation: Operation, evidence: Evidence, *, rule: str) -> None:
    """Record what the forbidden requests did, and whether an allowed one works."""
    for visit in visits.proven:
        evidence.finding(
            f"{visit.who} was answered HTTP {visit.exchange.status}, and {visit.effect}; {rule}",
            operation=operation,
            sink="effect",
            exchange=visit.exchange,
        )
    reached = not visits.stopped
    evidence.contact(operation, EFFECT, reached=reached, stopped=visits.stopped)


@check(
    id="CG-AUTHZ-003",
    criterion="access-control",
    title="Every role can do what the policy says, and nothing else",
    severity=Severity.CRITICAL,
    cwe=285,
    owasp="A01:2021 A01:2025 API5:2023",
    asvs="5.0:8.2.1 4.0.3:4.1.3",
    remedy="Check the role where the operation is declared, for every method of the path.",
    operations=is_secured,
)
def roles_do_what_the_policy_says(
    operation: Operation,
    functions: Functions,
    policy: Policy,
    policy_draft: Draft,
    evidence: Evidence,
) -> None:
    """The effect is the witness: a row that changed or came to be, or data of the allowed."""
    if policy.is_unknown(operation):
        granted = functions.granted_roles(operation)
        policy_draft.note(operation, granted)
        who = ", ".join(granted) or "nobody"
        not_verified(
            f"no [target.policy] says who may call {operation.id} (today: {who}); the report "
            "directory has a draft"
        )
    if denied := policy.denied(operation):
        allowed = ", ".join(policy.table[operation.id]) or "nobody"
        visits = functions.by_denied_roles(operation)
        tell(visits, operation, evidence, rule=f"the policy lets {allowed} do this")
        evidence.add("denied", ", ".join(denied))


@check(
    id="CG-AUTHZ-008",
    criterion="access-control",
    title="Without a valid credential nothing is shown and nothing is done",
    severity=Severity.CRITICAL,
    cwe=306,
    owasp="A01:2021 A01:2025 API2:2023",
    asvs="5.0:8.3.1 4.0.3:4.1.1",
    remedy="Authenticate in one place that every route passes; name the public ones.",
)
def nobody_is_served(
    operation: Operation, functions: Functions, grounds: Grounds, evidence: Evidence
) -> None:
    """Asks without a credential and with a forged one; public operations must show no objects."""
    if operation.secured:
        visits = functions.by_nobody(operation)
        tell(visits, operation, evidence, rule="the document asks for a credential")
    elif operation.reads:
        answer = functions.public_answer(operation)
        if token := grounds.estate.shown_in(answer):
            evidence.finding(
                f"nobody was answered HTTP {answer.status} with {token} of a tenant",
                operation=operation,
                sink="response",
                exchange=answer,
            )
