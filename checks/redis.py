"""Redis takes input for a value, and no cached answer carries what somebody else said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard import Evidence, Operation, Parameter, Severity, check

if TYPE_CHECKING:
    from pytest_cmdbguard.campaigns.poisoning import Poisoning
    from pytest_cmdbguard.campaigns.redis_injection import RedisInjection

COMMANDS = Parameter(location="redis", name="commands")
UNKEYED = Parameter(location="header", name="unkeyed input")


@check(
    id="CG-RED-001",
    criterion="owasp-top-10",
    title="Input never becomes a Redis command, and never poisons a cached answer",
    severity=Severity.HIGH,
    cwe=77,
    owasp="A03:2021 A05:2025",
    asvs="5.0:1.2.5 5.0:14.2.5",
    remedy="Hand every value over as an argument of its own; key the cache by all that it shows.",
)
def redis_and_cache_keep_input_apart(
    operation: Operation,
    redis_injection: RedisInjection,
    poisoning: Poisoning,
    evidence: Evidence,
) -> None:
    """Judged by the commands that Redis received, and by the answers to other actors."""
    heard, places = redis_injection(operation)
    if heard:
        evidence.contact(operation, COMMANDS, reached=True)
    for place in places:
        evidence.contact(operation, place.point, reached=True)
        if place.proof:
            evidence.finding(
                place.proof,
                operation=operation,
                point=place.point,
                sink="redis",
                exchange=place.exchange,
            )
    if operation.method != "GET":
        return
    answered, poisoned = poisoning(operation)
    evidence.contact(operation, UNKEYED, reached=answered, stopped="no actor got an answer")
    for one in poisoned:
        location, name = one.place
        evidence.finding(
            one.proof,
            operation=operation,
            point=Parameter(location=location, name=name),
            sink="cache",
            exchange=one.exchange,
        )
