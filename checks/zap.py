"""What other scanners say of the target is answered, and the whole of it counts as an audit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard import Evidence, Parameter, Severity, check
from pytest_cmdbguard.campaigns.audit_trail import AuditTrail
from pytest_cmdbguard.evidence import not_verified

if TYPE_CHECKING:
    from pytest_cmdbguard.answers import Alert
    from pytest_cmdbguard.campaigns.cast import Cast
    from pytest_cmdbguard.campaigns.second_opinion import SecondOpinion
    from pytest_cmdbguard.campaigns.zap_rules import Suspicions
    from pytest_cmdbguard.model import Operation
    from pytest_cmdbguard.probes.client import Api
    from pytest_cmdbguard.probes.surroundings import Surroundings


@check(
    id="CG-ZAP-001",
    criterion="vulnerabilities",
    title="No alert of high risk, of ZAP or of an imported report, proves true",
    severity=Severity.HIGH,
    owasp="A03:2021 A05:2025",
    remedy="Mend what the proof shows; the alert says what the other scanner saw.",
)
def no_grave_alert_proves_true(
    suspicions: Suspicions,
    foreign_alerts: tuple[Alert, ...],
    second_opinion: SecondOpinion,
    evidence: Evidence,
) -> None:
    """Each alert is attacked again; only what our witnesses prove is a finding.

    The criterion rests on all security checks of the run besides (``conclusions.py``).
    """
    answered = 0
    for reply in second_opinion([*suspicions.alerts, *foreign_alerts]):
        answered += reply.answer.times
        evidence.answer(reply.answer)
        if reply.proven and reply.is_grave:
            evidence.finding(
                f"{reply.answer.alert.source} suspected {reply.answer.alert.name}, and "
                f"{reply.proven.proof}",
                operation=reply.proven.operation,
                point=reply.proven.point,
                sink=f"CWE-{reply.answer.alert.cwe}",
                exchange=reply.proven.exchange,
                severity=reply.proven.severity,
            )
    evidence.measure(f"{answered:,} alerts answered; {suspicions.words}", share=0)
    if suspicions.problem:
        not_verified(suspicions.problem)


@check(
    id="CG-ZAP-002",
    criterion="security-audit",
    title="Attacks were made with credentials that the target accepts",
    severity=Severity.MEDIUM,
    owasp="A07:2021 A07:2025",
    remedy="Give the actors in cmdbguard.toml credentials that work.",
)
def attacks_are_authenticated(
    operations: tuple[Operation, ...],
    surroundings: Surroundings,
    api: Api,
    cast: Cast,
    evidence: Evidence,
) -> None:
    """A credential is proven by an operation that answers with it and refuses without it.

    The criterion asks besides that every operation was attacked (``conclusions.py``).
    """
    if not any(operation.secured for operation in operations):
        evidence.measure("the document asks nowhere for a credential", share=0)
        return
    if not cast.actors:
        not_verified("the document asks for credentials, and no actor is known")
    trail = AuditTrail(api, surroundings, operations)
    for operation, status in trail.attackable(cast.broadest):
        evidence.contact(
            operation,
            Parameter(location="operation", name="credential"),
            reached=status not in {401, 403},
            stopped=f"HTTP {status} to the actor who sees most",
        )
    if unproven := [actor.name for actor in cast.actors if not trail.proves(actor)]:
        not_verified(f"nothing shows that the credential counts of {', '.join(unproven)}")
    evidence.measure(f"{len(cast.actors)} credentials proven", share=0)
