"""The response headers of the task documents, on every operation and on every kind of answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard import Evidence, Operation, Severity, check

from ._headers import missing

if TYPE_CHECKING:
    from pytest_cmdbguard.campaigns.cast import Conversation


@check(
    id="CG-HDR-001",
    criterion="security-headers",
    title="Every response carries the security headers",
    severity=Severity.MEDIUM,
    cwe=693,
    owasp="A05:2021 A02:2025 API8:2023",
    asvs="5.0:3.4.1 5.0:3.4.3 5.0:3.4.4 5.0:3.4.5 4.0.3:14.4.3 4.0.3:14.4.4 4.0.3:14.4.5",
    remedy="Set the headers in one place that every response passes, errors included.",
)
def security_headers_are_on_every_response(
    operation: Operation, conversation: Conversation, evidence: Evidence
) -> None:
    """Asks as a stranger, as an actor and wrongly, so that 2xx and 4xx answers both show."""
    for answer in conversation(operation):
        for rule, wrong in missing(answer.headers).items():
            evidence.finding(
                f"HTTP {answer.status} {answer.headers.get('content-type', 'without body')}: "
                f"{rule}: {wrong}",
                operation=operation,
                sink=f"header {rule}",
                exchange=answer,
            )
