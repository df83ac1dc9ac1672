"""Logs say what happened, nothing that is secret, and nothing that a caller made up."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from pytest_cmdbguard import Evidence, Parameter, Severity, check, not_verified
from pytest_cmdbguard.campaigns import log_secrets, security_events
from pytest_cmdbguard.campaigns.cast import NoSuchActor

if TYPE_CHECKING:
    from pytest_cmdbguard import Operation
    from pytest_cmdbguard.campaigns.admission import Admission
    from pytest_cmdbguard.campaigns.cast import Cast
    from pytest_cmdbguard.campaigns.dead_credentials import Executioner
    from pytest_cmdbguard.campaigns.log_injection import LogInjection
    from pytest_cmdbguard.campaigns.login import LogIn
    from pytest_cmdbguard.model import Actor
    from pytest_cmdbguard.probes.client import Api
    from pytest_cmdbguard.probes.surroundings import Surroundings
    from pytest_cmdbguard.targets import Protection
    from pytest_cmdbguard.witnesses.logs import LogWitness
    from pytest_cmdbguard.witnesses.sql import SqlWitness


@check(
    id="CG-LOG-001",
    criterion="threat-detection",
    title="What a caller sends never begins a line of the log",
    severity=Severity.MEDIUM,
    cwe=117,
    owasp="A09:2021 A09:2025",
    asvs="5.0:16.4.1 4.0.3:7.3.1",
    remedy="Escape control characters in the formatter that every record passes, or log JSON.",
)
def input_never_begins_a_line(
    log_injection: LogInjection, operations: tuple[Operation, ...], evidence: Evidence
) -> None:
    """Line ends in every input; the log is read once, and looked at closer where it shows one."""
    shown = list(log_injection(operations))
    for written in shown:
        if written.proof:
            evidence.finding(
                written.proof,
                operation=written.operation,
                point=written.point,
                sink="log",
                exchange=written.exchange,
            )
        evidence.contact(written.operation, written.point, reached=True)
    if not shown:
        not_verified(f"none of {log_injection.points} inputs showed in the log")
    evidence.measure(f"{len(shown)} of {log_injection.points} inputs reach the log", share=0.0)


@check(
    id="CG-LOG-002",
    criterion="threat-detection",
    title="Logs hold no secrets",
    severity=Severity.HIGH,
    cwe=532,
    owasp="A09:2021 A09:2025",
    asvs="5.0:16.2.5 4.0.3:7.1.1",
    remedy="Mask credentials in the formatter, and never log bodies or headers as they are.",
)
def logs_hold_no_secrets(  # noqa: PLR0913, PLR0917 - every place where a client gives a secret
    log: LogWitness,
    log_in: LogIn,
    steady: Actor,
    admission: Admission,
    executioner: Executioner,
    api: Api,
    surroundings: Surroundings,
    operations: tuple[Operation, ...],
    sql: SqlWitness,
    evidence: Evidence,
) -> None:
    """Byte search of the service's log and of the statement texts that PostgreSQL logged.

    Values of parameters in PostgreSQL's log are left out: our telemetry put them there.
    """
    mark, statements = log.mark(), sql.mark()
    planted = [
        *log_secrets.at_the_log_in(log_in, steady),
        *log_secrets.of_a_session(log_in, steady, admission, executioner),
        *log_secrets.in_fields(api, surroundings, operations),
    ]
    logged, received = log.since(mark), sql.since(statements)
    for one in planted:
        for where, line in (
            ("the service's log", log_secrets.found_in(logged, one)),
            ("a statement in PostgreSQL's log", log_secrets.found_in_statements(received, one)),
        ):
            if line:
                evidence.finding(f"{where} shows {one.what}: {line}", sink=f"{where}: {one.what}")
        evidence.contact(
            log_in.operation, Parameter(location="secret", name=one.what), reached=True
        )
    if not logged and not received:
        not_verified("nothing was logged at all while the secrets were used")


@check(
    id="CG-LOG-003",
    criterion="threat-detection",
    title="Security events are logged at once, with actor, object and time",
    severity=Severity.MEDIUM,
    cwe=778,
    owasp="A09:2021 A09:2025",
    asvs="5.0:16.3.1 5.0:16.3.2 5.0:16.2.1 4.0.3:7.1.3 4.0.3:7.2.1",
    remedy="Write one structured record per refused log-in, lock-out, denial and dead token.",
)
def security_events_are_logged(  # noqa: PLR0913, PLR0917 - who provokes them, and on what
    protection: Protection,
    log: LogWitness,
    log_in: LogIn,
    admission: Admission,
    executioner: Executioner,
    victims: tuple[Actor, Actor],
    steady: Actor,
    cast: Cast,
    api: Api,
    operations: tuple[Operation, ...],
    evidence: Evidence,
) -> None:
    """Each event is provoked, and its line awaited for two seconds."""
    if not protection.events:
        not_verified("nobody told how events look in the log: [target.protection.events]")
    provocation = security_events.Provocation(log_in, admission, executioner, api)
    try:
        owners, strangers = cast.rivals()
    except NoSuchActor as problem:
        not_verified(str(problem))
    denied = functools.partial(
        provocation.denied, operations=operations, owner=owners[0], stranger=strangers[-1]
    )
    deeds = {
        "login_failed": lambda: provocation.failed_log_in(victims[0]),
        "login_locked": lambda: provocation.lock_out(victims[1]),
        "denied_read": lambda: denied("GET"),
        "denied_write": lambda: denied("PATCH"),
        "token_refused": lambda: provocation.dead_token(steady),
    }
    for told in security_events.observed(deeds, protection.events, log):
        if told.provoked and not (told.line and security_events.TIME.search(told.line)):
            evidence.finding(
                f"{told.event}: {told.provoked.object} was answered HTTP "
                f"{told.provoked.exchange.status} to {told.provoked.actor}, and within "
                f"{security_events.WITHIN_S:g} s no line with a time told of it",
                sink=told.event,
                exchange=told.provoked.exchange,
            )
        evidence.contact(
            log_in.operation,
            Parameter(location="event", name=told.event),
            reached=told.provoked is not None,
            stopped=told.stopped,
        )
