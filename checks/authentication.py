"""Who comes in: guessing is stopped, answers give no users away, dead credentials stay dead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard import Evidence, Parameter, Severity, check, not_verified
from pytest_cmdbguard.campaigns import guessing

if TYPE_CHECKING:
    from pytest_cmdbguard.campaigns.login import LogIn
    from pytest_cmdbguard.model import Actor
    from pytest_cmdbguard.services.seat import Seat


@check(
    id="CG-AUTH-001",
    criterion="authentication",
    title="Guessing passwords is stopped before it can succeed",
    severity=Severity.HIGH,
    cwe=307,
    owasp="A07:2021 A07:2025 API2:2023",
    asvs="5.0:6.3.1 4.0.3:2.2.1",
    remedy="Count attempts per user before the password is looked at, and refuse for a while.",
)
def guessing_is_stopped(
    log_in: LogIn, victims: tuple[Actor, Actor], steady: Actor, seat: Seat, evidence: Evidence
) -> None:
    """Proof is the right password: accepted after many wrong ones, it would have been guessed."""
    for victim in (*victims, steady):
        log_in.enter(victim)
    guesses = guessing.one_by_one(log_in, victims[0])
    seen = guessing.all_at_once(log_in, victims[1], seat.base_url, guesses)
    if guesses.accepted:
        evidence.finding(
            f"{guesses.wrong} wrong passwords from changing addresses, and the right one after "
            f"them was let in (HTTP {guesses.last.status})",
            operation=log_in.operation,
            sink="guesses one by one",
            exchange=guesses.last,
        )
    if seen is not None and seen > guessing.GUESSES:
        evidence.finding(
            f"{guessing.AT_ONCE} wrong passwords were sent at once, and {seen} of them were "
            f"looked at (HTTP {guesses.first.status}); one by one, a guess after {guesses.wrong} "
            f"is refused unseen (HTTP {guesses.last.status})",
            operation=log_in.operation,
            sink="guesses all at once",
            exchange=guesses.first,
        )
    way = Parameter(location="log-in", name="all at once")
    stopped = "a refusal looks like a wrong password, or nothing is refused"
    evidence.contact(
        log_in.operation, Parameter(location="log-in", name="one by one"), reached=True
    )
    evidence.contact(log_in.operation, way, reached=seen is not None, stopped=stopped)
    if not log_in.attempt(steady.name, steady.password).headers:
        not_verified("after the guesses nobody can log in from here: the lock is on the address")


@check(
    id="CG-AUTH-002",
    criterion="authentication",
    title="A log-in that fails does not tell whether the user exists",
    severity=Severity.MEDIUM,
    cwe=204,
    owasp="A07:2021 API2:2023",
    asvs="5.0:6.3.8 4.0.3:2.2.1",
    remedy="Answer alike, hash a password in any case, and count attempts for unknown names, too.",
)
def users_cannot_be_enumerated(
    log_in: LogIn, victims: tuple[Actor, Actor], evidence: Evidence
) -> None:
    """Interleaved, in two series: only what differs in both is said."""
    for difference in guessing.differences(log_in, victims):
        evidence.finding(
            difference.words,
            operation=log_in.operation,
            sink=difference.kind,
            exchange=difference.exchange,
        )
    for kind in ("answer", "time"):
        evidence.contact(log_in.operation, Parameter(location="log-in", name=kind), reached=True)
