"""Nobody reads, changes or claims the objects of another tenant, whatever the status says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard import Evidence, Operation, Parameter, Severity, check
from pytest_cmdbguard.probes.carriers import names_an_object, names_in_bulk

if TYPE_CHECKING:
    from pytest_cmdbguard.campaigns.disclosure import Disclosure
    from pytest_cmdbguard.campaigns.existence import Existence
    from pytest_cmdbguard.campaigns.grounds import Grounds
    from pytest_cmdbguard.campaigns.impersonation import Impersonation
    from pytest_cmdbguard.campaigns.trespass import Trespass

TOKEN = Parameter(location="object", name="owner token")
ROW = Parameter(location="object", name="row")


def shows_objects(operation: Operation) -> bool:
    """Whether an answer may show objects to actors: lists, details, and what names an object."""
    by_naming = operation.method == "POST" and names_an_object(operation)
    return operation.secured and (operation.method == "GET" or by_naming)


def changes_objects(operation: Operation) -> bool:
    """Whether an operation changes objects that its path or a list in its body names."""
    named = "{" in operation.path or names_in_bulk(operation)
    return operation.secured and not operation.reads and named


def stores_a_body(operation: Operation) -> bool:
    """Whether an operation stores what a JSON body says."""
    takes_one = operation.body is not None and operation.method in {"POST", "PUT", "PATCH"}
    return operation.secured and takes_one


def names_objects(operation: Operation) -> bool:
    """Whether an operation is about objects that its path or its body names."""
    creates = operation.method == "POST" and operation.body is not None
    return operation.secured and (names_an_object(operation) or creates)


@check(
    id="CG-AUTHZ-001",
    criterion="access-control",
    title="Another tenant's objects cannot be read",
    severity=Severity.CRITICAL,
    cwe=639,
    owasp="A01:2021 A01:2025 API1:2023",
    asvs="5.0:8.2.2 4.0.3:4.2.1",
    remedy="Scope every query by the caller's tenant, not by the ids and filters of the request.",
    operations=shows_objects,
)
def foreign_objects_are_invisible(
    operation: Operation, grounds: Grounds, disclosure: Disclosure, evidence: Evidence
) -> None:
    """A token in an answer proves it: only the owner ever sent that token."""
    asked = list(disclosure(operation))
    for one in asked:
        for exchange, words in one.leaks:
            evidence.finding(words, operation=operation, sink="response", exchange=exchange)
    reached = any(one.reached for one in asked)
    expected = operation.reads and not grounds.estate.is_shared(operation)
    if reached or (asked and expected):
        stopped = "not shown to its owner either"
        evidence.contact(operation, TOKEN, reached=reached, stopped=stopped)


@check(
    id="CG-AUTHZ-002",
    criterion="access-control",
    title="Another tenant's objects cannot be changed",
    severity=Severity.CRITICAL,
    cwe=639,
    owasp="A01:2021 A01:2025 API1:2023",
    asvs="5.0:8.2.2 4.0.3:4.2.1",
    remedy="Check who asks before the first write, in the same query that finds the row.",
    operations=changes_objects,
)
def foreign_objects_are_untouchable(
    operation: Operation, grounds: Grounds, trespass: Trespass, evidence: Evidence
) -> None:
    """The row is the witness: it must be the same after a stranger's request, refused or not."""
    if grounds.estate.is_shared(operation):
        return
    attempts = list(trespass.by_strangers(operation))
    own = attempts.pop() if attempts else None
    for attempt in attempts:
        if attempt.change:
            evidence.finding(
                f"{attempt.who} was answered HTTP {attempt.exchange.status}, and in "
                f"{attempt.row} of tenant {grounds.estate.owners[0].tenant}: {attempt.change}",
                operation=operation,
                sink="row",
                exchange=attempt.exchange,
            )
    reached = bool(own and own.change)
    if reached or operation.method != "POST":
        stopped = "the owner's own request changed nothing" if own else "no owned object"
        evidence.contact(operation, ROW, reached=reached, stopped=stopped)


@check(
    id="CG-AUTHZ-004",
    criterion="access-control",
    title="Nothing is created in another tenant's name, nor tied to what belongs to it",
    severity=Severity.CRITICAL,
    cwe=639,
    owasp="A01:2021 A01:2025 API1:2023",
    asvs="5.0:8.2.2 4.0.3:4.2.1",
    remedy="Take the owner from the credential, and look up every reference within that owner.",
    operations=stores_a_body,
)
def nothing_is_written_in_anothers_name(
    operation: Operation, grounds: Grounds, impersonation: Impersonation, evidence: Evidence
) -> None:
    """The row is the witness: whose it is, and what it points to."""
    if grounds.estate.is_shared(operation):
        return
    for claimed in impersonation(operation):
        evidence.contact(
            operation, claimed.point, reached=claimed.reached, stopped=claimed.stopped
        )
        if claimed.proof:
            evidence.finding(
                claimed.proof,
                operation=operation,
                point=claimed.point,
                sink="row",
                exchange=claimed.exchange,
            )


@check(
    id="CG-AUTHZ-005",
    criterion="access-control",
    title="What belongs to another tenant is refused as if it did not exist",
    severity=Severity.LOW,
    cwe=204,
    owasp="A01:2021 A01:2025 API1:2023",
    asvs="5.0:8.2.2 4.0.3:4.2.1",
    remedy="Answer what the caller may not know of exactly like what is not there.",
    operations=names_objects,
)
def refusals_do_not_tell_what_exists(
    operation: Operation, grounds: Grounds, existence: Existence, evidence: Evidence
) -> None:
    """Compares the refusal of a foreign object with that of one that is not there."""
    if grounds.estate.is_shared(operation):
        return
    for compared in existence(operation):
        evidence.contact(
            operation, compared.point, reached=not compared.stopped, stopped=compared.stopped
        )
        if difference := compared.difference:
            evidence.finding(
                difference.words,
                operation=operation,
                point=compared.point,
                sink="refusal",
                exchange=difference.exchange,
            )
