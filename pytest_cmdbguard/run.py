"""A whole run as the reports see it: the matrix and what it rests on."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from .answers import Answer, Standing
from .baseline import Balance
from .model import CheckResult, Contact, Criterion, Finding, Verdict, cwe_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the acceptance matrix: a criterion and what the run says of it.

    ``checks`` are the results that support it, ``planned`` how many items were selected for
    it and ``total`` how many there are; ``reason`` says why it is not plainly passed.
    """

    criterion: Criterion
    verdict: Verdict
    checks: tuple[CheckResult, ...] = ()
    planned: int = 0
    total: int = 0
    reason: str = ""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Worst first."""
        found = {f.fingerprint: f for result in self.checks for f in result.findings}
        return tuple(sorted(found.values(), key=lambda f: (f.severity.rank, f.check, f.operation)))

    @property
    def contacts(self) -> tuple[Contact, ...]:
        """One per (operation, injection point): reached if any probe of it reached a sink."""
        best: dict[tuple[str, str, str], Contact] = {}
        for contact in (c for result in self.checks for c in result.contacts):
            key = (contact.operation, contact.location, contact.parameter)
            if key not in best or contact.reached:
                best[key] = contact
        return tuple(best.values())


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run as the reports see it.

    ``environment`` says what ran (versions, ZAP level, sizes); ``timings`` are seconds by
    stage; ``aborted`` is why the run ended early, or empty; ``balance`` is how it compares with
    the baseline.
    """

    rows: tuple[Row, ...]
    environment: Mapping[str, Any]
    timings: Mapping[str, float]
    aborted: str = ""
    deselected: int = 0
    balance: Balance = dataclasses.field(default_factory=Balance)

    @property
    def selected(self) -> tuple[Row, ...]:
        """The criteria that the gate is judged by."""
        return tuple(row for row in self.rows if row.verdict is not Verdict.NOT_SELECTED)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Of all criteria, worst first."""
        found = [finding for row in self.rows for finding in row.findings]
        return tuple(sorted(found, key=lambda f: (f.severity.rank, f.check, f.operation)))

    @property
    def answers(self) -> tuple[Answer, ...]:
        """To the alerts of other scanners, in the order of their standing."""
        order = list(Standing)
        found = [a for row in self.rows for result in row.checks for a in result.answers]
        merged = [_merged(answer, self.findings) for answer in found]
        return tuple(sorted(merged, key=lambda answer: order.index(answer.standing)))

    @property
    def is_accepted(self) -> bool:
        """Whether the gate opens: something was selected, and all of it is accepted."""
        return bool(self.selected) and all(row.verdict.accepts for row in self.selected)


def _merged(answer: Answer, findings: Sequence[Finding]) -> Answer:
    """An answer, confirmed by a finding of the same weakness at the same place if there is one."""
    same = (
        f
        for f in findings
        if f.operation == answer.operation
        and cwe_of(f.references) == str(answer.alert.cwe)
        and f.parameter in {answer.parameter, ""}
    )
    proven = next(same, None)
    if proven is None or answer.standing is Standing.CONFIRMED:
        return answer
    because = f"{proven.check}: {proven.proof}"
    return dataclasses.replace(answer, standing=Standing.CONFIRMED, because=because)
