"""Secrets are unreadable where they rest, and unreadable on their way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard import Evidence, Severity, check
from pytest_cmdbguard.evidence import not_verified

if TYPE_CHECKING:
    from pytest_cmdbguard.campaigns.burial import Burial


@check(
    id="CG-REST-001",
    criterion="encryption-at-rest",
    title="Secrets cannot be read from what the target keeps",
    severity=Severity.CRITICAL,
    cwe=312,
    owasp="A02:2021 A04:2025",
    asvs="5.0:14.2.4 5.0:11.3.2 4.0.3:6.1.1",
    remedy="Seal secret fields with authenticated encryption before they are stored anywhere.",
)
def secrets_are_unreadable_at_rest(burial: Burial, evidence: Evidence) -> None:
    """Hands over fresh secrets and searches heap, write-ahead log, Redis, files and logs."""
    if not burial.takers:
        not_verified("no operation that creates or changes an object takes a secret")
    graves = burial()
    for grave in graves:
        evidence.contact(
            grave.operation, grave.point, reached=grave.searched, stopped=grave.stopped
        )
        if grave.hits:
            evidence.finding(
                "\n".join(["the secret can be read from", *map(str, grave.hits)]),
                operation=grave.operation,
                point=grave.point,
                sink="at rest",
                exchange=grave.exchange,
            )
    if not any(grave.searched for grave in graves):
        not_verified(f"no secret could be searched for: {graves[0].stopped}")
