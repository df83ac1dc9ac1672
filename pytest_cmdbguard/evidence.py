"""What one check item saw: the thing a check writes into while it runs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

import pytest

from . import curl
from .model import (
    CHECK_ID,
    CheckResult,
    Contact,
    Exchange,
    Finding,
    Operation,
    Outcome,
    Parameter,
    Severity,
)
from .model import check as Claim  # noqa: N812 - a noun where it is data

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .answers import Answer

NOT_VERIFIED = "not verified: "
_NAME = re.compile(r"[\w/.:+-]+")  # what an expression of -k may consist of
evidence_key = pytest.StashKey["Evidence"]()


def not_verified(reason: str) -> NoReturn:
    """End the running check without a verdict: nothing was proven, in either direction.

    Its criterion becomes *not verified* with this reason, and the gate stays closed.
    """
    pytest.skip(NOT_VERIFIED + reason)


class Evidence:
    """The record of one check item; the fixture ``evidence`` hands it to the check.

    ``add`` notes what was seen (it becomes the proof when an ``assert`` fails), ``finding``
    records a proven violation and lets the check go on, ``contact`` notes for one injection
    point whether a probe met a sink, ``measure`` gives the matrix a figure, and ``answer`` notes
    what is said to an alert of another scanner.
    """

    def __init__(self, claim: Claim, nodeid: str, *, flags: Sequence[str] = ()) -> None:
        self.claim, self.nodeid = claim, nodeid
        self._flags = flags
        self._measured, self._share = "", 0.0
        self._seen: list[tuple[str, Exchange | str]] = []
        self._findings: dict[str, Finding] = {}
        self._contacts: list[Contact] = []
        self._answers: list[Answer] = []

    @property
    def findings(self) -> tuple[Finding, ...]:
        """In the order in which they were made, one per fingerprint."""
        return tuple(self._findings.values())

    def add(self, label: str, seen: Exchange | str) -> None:
        """Note what was seen before asserting something about it."""
        self._seen.append((label, seen))

    def measure(self, words: str, *, share: float) -> None:
        """Give a figure in words, and which share of its limit it took (1.0 is all of it)."""
        self._measured, self._share = words, share

    def contact(
        self,
        operation: Operation,
        point: Parameter,
        *,
        reached: bool,
        stopped: str = "",
        closed: bool = False,
        requests: int = 0,
    ) -> None:
        """Note whether the probes of one injection point met a sink, or where they ended.

        ``closed`` and ``requests`` are as in :class:`Contact`.
        """
        self._contacts.append(
            Contact(
                operation=str(operation),
                location=point.location,
                parameter=point.name,
                reached=reached,
                stopped="" if reached else stopped,
                closed=closed and not reached,
                requests=requests,
            )
        )

    def answer(self, answer: Answer) -> None:
        """Note what is said to another scanner's alert."""
        self._answers.append(answer)

    def finding(  # noqa: PLR0913 - what a finding consists of
        self,
        proof: str,
        *,
        operation: Operation | None = None,
        point: Parameter | None = None,
        sink: str = "",
        exchange: Exchange | None = None,
        severity: Severity | None = None,
        shell: str = "",
    ) -> None:
        """Record a proven violation; the item fails when the check returns.

        Args:
            proof: what was seen, in the words of the witness; shown as it is.
            operation: where; a check over the whole target leaves it out.
            point: the input that did it.
            sink: where the effect showed (``sql``, ``row``, ``header csp``); part of the
                fingerprint, so no payload, port or time in it.
            exchange: the request that shows it again.
            severity: if it is not the claim's own.
            shell: the line that shows it again where no HTTP request does.
        """
        found = Finding(
            check=self.claim.id,
            criterion=self.claim.criterion,
            severity=severity or self.claim.severity,
            title=self.claim.title,
            operation=str(operation or ""),
            location=point.location if point else "",
            parameter=point.name if point else "",
            sink=sink,
            proof=proof,
            reproduce=((shell,) if shell else ()) + self._reproduce(exchange),
            remedy=self.claim.remedy,
            references=self.claim.references,
        )
        self._findings.setdefault(found.fingerprint, found)

    def drop_findings(self) -> None:
        """Forget them: what was seen while a part of the system was gone proves nothing."""
        self._findings.clear()

    def finding_from_assertion(self, message: str) -> None:
        """The finding of a check whose plain ``assert`` failed."""
        notes = [f"{label}: {_show(seen)}" for label, seen in self._seen]
        exchanges = [seen for _, seen in self._seen if isinstance(seen, Exchange)]
        self.finding(
            "; ".join([*notes, message]),
            sink="assertion",
            exchange=exchanges[-1] if exchanges else None,
        )

    def result(self, outcome: Outcome, *, reason: str, duration_s: float) -> CheckResult:
        """The record as it travels to the controller."""
        return CheckResult(
            nodeid=self.nodeid,
            check=self.claim.id,
            criterion=self.claim.criterion,
            title=self.claim.title,
            outcome=outcome,
            reason=reason,
            measured=self._measured,
            share=self._share,
            duration_s=duration_s,
            contacts=tuple(self._contacts),
            findings=self.findings,
            answers=tuple(self._answers),
        )

    def _reproduce(self, exchange: Exchange | None) -> tuple[str, ...]:
        """The request as a shell line, and the pytest line that runs this item again."""
        words = ["pytest --cmdbguard", *self._flags]
        if CHECK_ID.fullmatch(self.claim.id):
            words.append(f"--cmdbguard-select {self.claim.id}")
        name, _, parameter = self.nodeid.rpartition("::")[2].removesuffix("]").partition("[")
        wanted = parameter or (name if len(words) == 1 + len(self._flags) else "")
        if _NAME.fullmatch(wanted):
            words.append(f"-k {wanted}")
        again = " ".join(words)
        return (curl.line(exchange), again) if exchange else (again,)


def _show(seen: Exchange | str) -> str:
    if isinstance(seen, str):
        return seen
    body = seen.body[:200].decode("utf-8", "replace")
    return f"{seen.method} {seen.url} answered {seen.status} {body}"


def summary(findings: Sequence[Finding]) -> str:
    """One line per finding, for the failure section of pytest."""
    return "\n".join(
        f"{f.severity}: {f.operation} {f.location} {f.parameter}".rstrip() + f"\n  {f.proof}"
        for f in findings
    )
