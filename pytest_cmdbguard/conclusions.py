"""Verdicts on criteria that are claims about all security checks of the run together."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from .model import Severity, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from .model import Contact
    from .run import Row

VULNERABILITIES, AUDIT = "vulnerabilities", "security-audit"
SECURITY = frozenset(
    {
        "access-control",
        "authentication",
        "csrf",
        "encryption-at-rest",
        "encryption-in-transit",
        "https",
        "input-validation",
        "key-rotation",
        "owasp-top-10",
        "rate-limiting",
        "request-limits",
        "security-headers",
        "security-scanning",
        "sql-injection",
        "threat-detection",
        "xss",
    }
)
GRAVE = frozenset({Severity.CRITICAL, Severity.HIGH})
REACH_WANTED = 0.95
# Where probes are put: other locations of contacts are answers, objects or the cache.
INPUTS = frozenset(
    {"path", "query", "header", "cookie", "body", "form", "multipart", "content", "jwt"}
)
# Whose probes look for sinks; other checks note in contacts what they looked at.
ATTACKS = frozenset({"owasp-top-10", "sql-injection", "threat-detection", "xss"})
# Contacts of the audit itself: operations that took an accepted credential.
ACCEPTED = "operation"
_NAMED = 3


def conclude(rows: Sequence[Row], *, known: AbstractSet[str]) -> tuple[Row, ...]:
    """The rows, with the two criteria that rest on the others judged by them.

    ``vulnerabilities`` passes only if no security check has a finding of critical or high
    severity that is not ``known`` (fingerprints), and all of them were decided.
    ``security-audit`` passes only if every operation that takes input was attacked, and the
    probes of at least 95 % of the places that can reach a sink did.
    """
    rules: Mapping[str, Callable[[Row, Sequence[Row]], tuple[Verdict, str]]] = {
        VULNERABILITIES: lambda row, others: _vulnerabilities(row, others, known),
        AUDIT: _audit,
    }
    ground = [row for row in rows if row.criterion.id in SECURITY and _counts(row)]
    return tuple(
        _judged(row, *rules[row.criterion.id](row, ground))
        if row.criterion.id in rules and row.verdict in {Verdict.PASSED, Verdict.NOT_VERIFIED}
        else row
        for row in rows
    )


def _counts(row: Row) -> bool:
    return row.verdict not in {Verdict.NOT_SELECTED, Verdict.NOT_APPLICABLE}


def _judged(row: Row, verdict: Verdict, reason: str) -> Row:
    return dataclasses.replace(row, verdict=verdict, reason=reason)


def _vulnerabilities(
    row: Row, ground: Sequence[Row], known: AbstractSet[str]
) -> tuple[Verdict, str]:
    grave = {
        other.criterion.id: sum(
            f.severity in GRAVE and f.fingerprint not in known for f in other.findings
        )
        for other in ground
    }
    if any(grave.values()):
        where = ", ".join(f"{name} {count}" for name, count in grave.items() if count)
        return Verdict.FAILED, f"critical or high findings: {where}"
    if row.verdict is not Verdict.PASSED:
        return row.verdict, row.reason
    undecided = [r.criterion.id for r in ground if r.verdict is Verdict.NOT_VERIFIED]
    if undecided:
        return Verdict.NOT_VERIFIED, f"not decided: {_some(undecided)}"
    if not ground:
        return Verdict.NOT_VERIFIED, "it rests on the security checks, and none was selected"
    return Verdict.PASSED, row.reason


def _audit(row: Row, ground: Sequence[Row]) -> tuple[Verdict, str]:
    if row.verdict is not Verdict.PASSED:
        return row.verdict, row.reason
    attacks = [other for other in ground if other.criterion.id in ATTACKS]
    contacts = [c for other in attacks for c in other.contacts if c.location in INPUTS]
    if problem := next(_gaps(row, contacts), ""):
        return Verdict.NOT_VERIFIED, problem
    return Verdict.PASSED, ""


def _gaps(row: Row, contacts: Sequence[Contact]) -> Iterator[str]:
    """What an audit lacks."""
    attacked = {contact.operation for contact in contacts}
    missed = sorted({c.operation for c in row.contacts if c.location == ACCEPTED} - attacked)
    if missed:
        yield f"never attacked: {_some(missed)}"
    able = {_place(c) for c in contacts if c.reached or not c.closed}
    reached = {_place(c) for c in contacts if c.reached}
    if not able:
        yield "it rests on attacks, and none was selected"
    elif len(reached) < REACH_WANTED * len(able):
        short = [" ".join(place) for place in sorted(able - reached)]
        yield f"reach {len(reached)}/{len(able)}, below {REACH_WANTED:.0%}; not: {_some(short)}"


def _place(contact: Contact) -> tuple[str, str, str]:
    return contact.operation, contact.location, contact.parameter


def _some(names: Sequence[str]) -> str:
    rest = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + rest
