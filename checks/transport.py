"""HTTPS at the place where people come in: versions, cipher suites, certificate, plain HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard import Evidence, Severity, check
from pytest_cmdbguard.campaigns import handshakes

if TYPE_CHECKING:
    from pytest_cmdbguard.model import Operation
    from pytest_cmdbguard.services.front import Door


@check(
    id="CG-TLS-001",
    criterion="https",
    title="TLS is 1.2 or 1.3, with forward secrecy and authenticated encryption",
    severity=Severity.MEDIUM,
    cwe=327,
    owasp="A02:2021 A04:2025 API8:2023",
    asvs="5.0:12.1.1 5.0:12.1.2 4.0.3:9.1.2 4.0.3:9.1.3",
    remedy="Allow TLS 1.2 with ECDHE and AEAD suites, and TLS 1.3; nothing older.",
)
def only_strong_tls_is_accepted(door: Door, evidence: Evidence) -> None:
    """Tries every version and suite, and believes only handshakes that went through."""
    found = handshakes.accepted(door)
    evidence.measure(f"{len(found)} cipher suites accepted", share=0)
    for one in found:
        if one.wrong:
            proof = f"{door.https} agreed to {one.suite} in {one.version}: {one.wrong}"
            evidence.finding(proof, sink=f"tls {one.version} {one.suite}", shell=one.shell(door))


@check(
    id="CG-TLS-002",
    criterion="https",
    title="Plain HTTP is refused or leads to HTTPS",
    severity=Severity.MEDIUM,
    cwe=319,
    owasp="A02:2021 A04:2025 API8:2023",
    asvs="5.0:12.2.1 5.0:4.1.2 4.0.3:9.1.1",
    remedy="Answer plain HTTP with a redirect to https, or not at all.",
)
def plain_http_is_refused_or_redirected(
    door: Door, operations: tuple[Operation, ...], evidence: Evidence
) -> None:
    """Asks in clear text for what can be read."""
    for operation, proof, shell in handshakes.served_in_clear(door, operations):
        evidence.finding(proof, operation=operation, sink="plain http", shell=shell)


@check(
    id="CG-TLS-003",
    criterion="https",
    title="The certificate is valid, for this host and by a known authority",
    severity=Severity.HIGH,
    cwe=295,
    owasp="A07:2021 A07:2025 API8:2023",
    asvs="5.0:12.2.2 4.0.3:9.2.1",
    remedy="Serve a certificate for the name that people use, and renew it before it ends.",
)
def the_certificate_can_be_trusted(door: Door, evidence: Evidence) -> None:
    """Shakes hands as a careful client does."""
    if wrong := handshakes.distrust(door):
        proof = f"a client refuses the certificate of {door.https}: {wrong}"
        evidence.finding(proof, sink="certificate", shell=handshakes.shell(door))
