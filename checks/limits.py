"""Nobody may ask so much that others get nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard import Evidence, Parameter, Severity, check, not_verified
from pytest_cmdbguard.campaigns import flooding
from pytest_cmdbguard.errors import ServiceMissing

if TYPE_CHECKING:
    from pytest_cmdbguard.campaigns.admission import Admission
    from pytest_cmdbguard.campaigns.cast import Cast
    from pytest_cmdbguard.campaigns.flooding import Flood
    from pytest_cmdbguard.services.seat import Seat
    from pytest_cmdbguard.targets import Protection
    from pytest_cmdbguard.witnesses.sql import SqlWitness

PROBED = ("limit", "work while refused", "other actors")


@check(
    id="CG-RATE-001",
    criterion="rate-limiting",
    title="An actor who floods is refused before the stated limit, at no cost, and alone",
    severity=Severity.HIGH,
    cwe=770,
    owasp="A04:2021 A06:2025 API4:2023",
    asvs="5.0:2.4.1 4.0.3:11.1.4",
    remedy="Count requests per actor before any work is done for them; answer 429, Retry-After.",
)
def floods_are_stopped(
    protection: Protection,
    admission: Admission,
    seat: Seat,
    cast: Cast,
    sql: SqlWitness,
    evidence: Evidence,
) -> None:
    """On an instance with its limits in force; the run's own is not hurried by any."""
    if not protection.requests:
        not_verified("nobody told how much an actor may ask: [target.protection] requests")
    if len(cast.actors) < 2:
        not_verified("it takes a second actor to see whether others are served")
    try:
        # What the other checks asked before must not count here.
        with seat.another("limited", protection.environment, own_redis=True) as instance:
            hose = flooding.Hose(instance.base_url, admission.operation.route)
            flood = flooding.flood(
                hose, (cast.actors[0], cast.actors[-1]), sql, most=protection.requests + 1
            )
    except ServiceMissing as problem:
        not_verified(str(problem))
    judge(flood, protection, admission, evidence)


def judge(flood: Flood, protection: Protection, admission: Admission, evidence: Evidence) -> None:
    """Findings, or why nothing can be said: who is too slow to flood proves nothing."""
    rate = f"{flood.served:,} requests in {flood.seconds:.1f} s"
    if not flood.limited and flood.seconds > protection.within_s:
        not_verified(f"{rate} were no flood: the limit is {protection.requests:,}")
    wrong = {
        "limit": not flood.limited
        and f"{rate} were all served; {protection.requests:,} are the "
        f"limit in {protection.within_s} s",
        "Retry-After": flood.limited and not flood.retry_after and "429 without Retry-After",
        "work while refused": flood.statements > max(20, flood.refused * 0.8)
        and f"for {flood.refused} refused requests PostgreSQL ran {flood.statements} statements",
        "other actors": flood.others_refused > 0
        and f"{flood.others_refused} of {flooding.OTHERS} requests of another actor are refused, "
        "too, while one floods",
    }
    for sink, words in wrong.items():
        if words:
            evidence.finding(words, operation=admission.operation, sink=sink)
    for name in PROBED:
        evidence.contact(
            admission.operation,
            Parameter(location="flood", name=name),
            reached=flood.limited or name == "limit",
            stopped="nobody was refused",
        )
    evidence.measure(f"refused after {rate}", share=flood.served / protection.requests)
