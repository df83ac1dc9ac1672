"""Errors tell the caller what he did wrong, and nothing about the inside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard import Evidence, Parameter, Severity, check
from pytest_cmdbguard.campaigns import error_leaks

if TYPE_CHECKING:
    from pytest_cmdbguard import Operation
    from pytest_cmdbguard.probes.client import Api
    from pytest_cmdbguard.probes.surroundings import Surroundings
    from pytest_cmdbguard.witnesses.insiders import Insiders


@check(
    id="CG-ERR-001",
    criterion="owasp-top-10",
    title="Errors give nothing away that only insiders know",
    severity=Severity.MEDIUM,
    cwe=209,
    owasp="A05:2021 A10:2025 API8:2023",
    asvs="5.0:16.5.1 5.0:13.4.6 4.0.3:7.4.1",
    remedy="Answer with a reference number, and write the rest into the log under it.",
)
def errors_give_nothing_away(
    operations: tuple[Operation, ...],
    attack_api: Api,
    surroundings: Surroundings,
    insiders: Insiders,
    profile: str,
    evidence: Evidence,
) -> None:
    """Wrong requests to every operation; their answers are compared with the logs afterwards."""
    insiders.forget()
    answers = [
        list(error_leaks.provoke(attack_api, surroundings, operation, profile=profile))
        for operation in operations
    ]
    inside = insiders.saw()
    for operation, exchanges in zip(operations, answers, strict=True):
        for exchange in exchanges:
            for leak in error_leaks.leaks(operation, exchange, inside):
                evidence.finding(
                    leak.words, operation=operation, sink=leak.kind, exchange=leak.exchange
                )
        if exchanges:
            evidence.contact(
                operation,
                Parameter(location="answer", name="error"),
                reached=any(exchange.status >= 400 for exchange in exchanges),
                stopped="no wrong request was refused",
            )
