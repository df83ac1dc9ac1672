"""Who comes in: guessing is stopped, answers give no users away, dead credentials stay dead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard import Evidence, Operation, Parameter, Severity, check, not_verified
from pytest_cmdbguard.campaigns import default_accounts, guessing, jwt, url_credentials
from pytest_cmdbguard.campaigns.dead_credentials import WAYS
from pytest_cmdbguard.campaigns.login import token_of
from pytest_cmdbguard.campaigns.password_hashes import weakness
from pytest_cmdbguard.campaigns.token_quality import jwt_flaws, opaque_flaws

if TYPE_CHECKING:
    from pytest_cmdbguard.campaigns.admission import Admission
    from pytest_cmdbguard.campaigns.cast import Cast
    from pytest_cmdbguard.campaigns.dead_credentials import Executioner
    from pytest_cmdbguard.campaigns.login import LogIn
    from pytest_cmdbguard.model import Actor
    from pytest_cmdbguard.probes.client import Api
    from pytest_cmdbguard.services.seat import Seat
    from pytest_cmdbguard.witnesses.accounts import AccountWitness
    from pytest_cmdbguard.witnesses.listener import Listener


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


@check(
    id="CG-AUTH-003",
    criterion="authentication",
    title="No account has a password that everybody knows",
    severity=Severity.CRITICAL,
    cwe=1392,
    owasp="A07:2021 A07:2025 API8:2023",
    asvs="5.0:6.3.2 4.0.3:2.5.4",
    remedy="Ship no accounts, or make their first user choose the password.",
)
def no_default_credentials(
    log_in: LogIn,
    admission: Admission,
    accounts: AccountWitness | None,
    made_by_us: frozenset[str],
    profile: str,
    evidence: Evidence,
) -> None:
    """At the log-in, where a backdoor would be, and against the hashes that the database has."""
    for known in default_accounts.by_log_in(log_in, admission, profile=profile):
        evidence.finding(
            known.words,
            operation=log_in.operation,
            sink=f"account {known.user}",
            exchange=known.exchange,
        )
    tried = 0
    if accounts is not None:
        found, tried = default_accounts.by_hash(accounts, ours=made_by_us, profile=profile)
        for known in found:
            evidence.finding(known.words, sink=f"account {known.user}")
    for way, reached in (("log-in", True), ("hashes", tried > 0)):
        evidence.contact(
            log_in.operation,
            Parameter(location="accounts", name=way),
            reached=reached,
            stopped="no stored hash is of a kind that can be tried here",
        )


@check(
    id="CG-AUTH-004",
    criterion="authentication",
    title="A credential that was ended is dead at once",
    severity=Severity.HIGH,
    cwe=613,
    owasp="A07:2021 A07:2025 API2:2023",
    asvs="5.0:7.4.1 5.0:7.4.2 4.0.3:3.3.1",
    remedy="Ask the database for the credential and its user with every request.",
)
def ended_credentials_are_dead(
    executioner: Executioner, steady: Actor, victims: tuple[Actor, Actor], evidence: Evidence
) -> None:
    """Data shown to a credential that was logged out, expired, revoked or of a deleted user."""
    for way in WAYS:
        death = executioner(way, victims[0] if way == "user deleted" else steady)
        if death.survived and death.answer:
            evidence.finding(
                f"a credential that was {way} was answered HTTP {death.answer.status} with data"
                if way != "user deleted"
                else f"a deleted user was answered HTTP {death.answer.status} with data",
                sink=way,
                exchange=death.answer,
            )
        evidence.contact(
            executioner.operation,
            Parameter(location="credential", name=way),
            reached=death.answer is not None,
            stopped=death.stopped,
        )


@check(
    id="CG-AUTH-005",
    criterion="authentication",
    title="Passwords are stored with a slow, salted hash",
    severity=Severity.HIGH,
    cwe=916,
    owasp="A02:2021 A04:2025",
    asvs="5.0:11.4.2 4.0.3:2.4.1",
    remedy="Store argon2id with 19 MiB and 2 passes, and hash anew when a user logs in.",
)
def passwords_are_hashed(
    entered: Actor | None, accounts: AccountWitness | None, evidence: Evidence
) -> None:
    """Reads the hashes, after a log-in (where there is one) that may have written one."""
    stored = accounts.passwords() if accounts else []
    if not stored:
        not_verified("no column of the database is named like one of passwords")
    for one in stored:
        known = entered.password if entered and one.user == entered.name else ""
        wrong = weakness(one.text, known)
        if wrong:
            evidence.finding(f"{one.place} of {one.user}: {wrong}", sink=one.place)
        evidence.contact(
            Operation(id="database", method="SELECT", path=one.place),
            Parameter(location="stored", name=one.user),
            reached=wrong is not None,
            stopped="nobody knows this scheme",
        )


@check(
    id="CG-AUTH-006",
    criterion="authentication",
    title="Tokens cannot be guessed, forged, changed, or read in the database",
    severity=Severity.CRITICAL,
    cwe=347,
    owasp="A02:2021 A04:2025 API2:2023",
    asvs="5.0:9.1.1 5.0:9.1.2 5.0:7.2.3 4.0.3:3.5.3",
    remedy="Pin the algorithm and the key; make opaque tokens of 128 random bits, store a hash.",
)
def tokens_are_sound(  # noqa: PLR0913, PLR0917 - whose tokens, and who looks at them
    log_in_operation: LogIn | None,
    admission: Admission,
    entered: Actor | None,
    bearer: str,
    accounts: AccountWitness | None,
    cast: Cast,
    listener: Listener,
    evidence: Evidence,
) -> None:
    """A token that we made ourselves and that is shown data, or whose key is fetched from us."""
    carried = [token_of(cast.broadest)] if cast.broadest else []
    flaws = [flaw for text in {bearer, *carried} for flaw in jwt_flaws(admission, text, listener)]
    opaque = jwt.taken_apart(bearer) is None
    if opaque and log_in_operation and entered:
        flaws += opaque_flaws(log_in_operation, admission, accounts, entered)
    for flaw in flaws:
        evidence.finding(
            flaw.words,
            operation=log_in_operation.operation if log_in_operation else None,
            sink=f"token {flaw.kind}",
            exchange=flaw.exchange,
            severity=flaw.severity,
        )
    evidence.contact(
        admission.operation,
        Parameter(location="credential", name="token"),
        reached=not opaque or entered is not None,
        stopped="an opaque token, and nobody can log in for more of them",
    )


@check(
    id="CG-AUTH-007",
    criterion="authentication",
    title="A credential in the URL opens nothing",
    severity=Severity.MEDIUM,
    cwe=598,
    owasp="A04:2021 A07:2025 API2:2023",
    asvs="5.0:14.2.1 4.0.3:3.1.1",
    remedy="Take credentials from the Authorization header or a cookie only.",
)
def credentials_stay_out_of_urls(
    bearer: str,
    api: Api,
    operations: tuple[Operation, ...],
    profile: str,
    evidence: Evidence,
) -> None:
    """A stranger with a valid token in the query, on every list."""
    for operation in url_credentials.readable(operations):
        names = url_credentials.NAMES[: 4 if profile == "quick" else None]
        for name, answer in url_credentials.accepted(api, operation, bearer, names):
            evidence.finding(
                f"a stranger with ?{name}=TOKEN was answered HTTP {answer.status} with data",
                operation=operation,
                point=Parameter(location="query", name=name),
                sink="url",
                exchange=url_credentials.without(answer, bearer),
            )
        evidence.contact(operation, Parameter(location="query", name="token"), reached=True)
