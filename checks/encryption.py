"""Secrets are unreadable where they rest, and unreadable on their way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard import Evidence, Severity, check
from pytest_cmdbguard.evidence import not_verified
from pytest_cmdbguard.witnesses.links import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_cmdbguard.campaigns.burial import Burial
    from pytest_cmdbguard.witnesses.links import Link


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
    evidence.measure(f"searched: {', '.join(burial.searched)}", share=0)
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


@check(
    id="CG-TRANS-001",
    criterion="encryption-in-transit",
    title="Database and Redis are reached through TLS, or through a Unix socket",
    severity=Severity.HIGH,
    cwe=319,
    owasp="A02:2021 A04:2025 API8:2023",
    asvs="5.0:12.3.1 5.0:12.3.3 4.0.3:9.2.2",
    remedy="Demand TLS in the database and Redis URLs (sslmode=verify-full, rediss://).",
)
def backend_connections_are_encrypted(links: tuple[Link, ...], evidence: Evidence) -> None:
    """PostgreSQL and Redis say how the target came in; others are named as not judged."""
    for link in links:
        evidence.add("connection", str(link))
        if link.is_plain:
            evidence.finding(f"{link}: anyone on the way can read it", sink=link.topic)
    known = [link for link in links if link.peer != UNKNOWN]
    evidence.measure(_counted(known), share=0)
    if any(link.is_plain for link in known):
        return
    if not known:
        not_verified("no connection of the target to a database or Redis that is known")
    if others := [str(link) for link in links if link.peer == UNKNOWN]:
        not_verified(f"what these connections carry is not known: {'; '.join(others)}")


def _counted(links: Sequence[Link]) -> str:
    secure = sum(bool(link.protection) for link in links)
    local = sum(link.kind == "unix" for link in links)
    return f"{secure} connections with TLS, {local} on Unix sockets"
