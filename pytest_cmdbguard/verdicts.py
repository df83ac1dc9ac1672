"""From results of check items to one verdict per criterion."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, NamedTuple

from .conclusions import conclude
from .model import CheckResult, Outcome, Verdict
from .run import Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from .criteria import Criteria


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What collection found: the selected items, and how many items every criterion has.

    ``selected`` maps a node id to (check id, criterion id, title).
    """

    selected: Mapping[str, tuple[str, str, str]]
    totals: Mapping[str, int]
    narrowed: bool = False

    def to_json(self) -> dict[str, Any]:
        """Built-in types only: workers hand it to the controller through a file."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Plan:
        """The inverse of :meth:`to_json`."""
        selected = {node: (row[0], row[1], row[2]) for node, row in data["selected"].items()}
        return cls(selected=selected, totals=data["totals"], narrowed=data["narrowed"])


def matrix(
    criteria: Criteria,
    plan: Plan,
    results: Mapping[str, CheckResult],
    *,
    select: Sequence[str],
    known: AbstractSet[str] = frozenset(),
) -> tuple[Row, ...]:
    """One row per criterion, in the order of the documents.

    Args:
        criteria: all criteria of the run and the rulings on them.
        plan: what was collected and selected.
        results: node id to result; a planned item without one did not run.
        select: ids given with ``--cmdbguard-select``; empty when the whole gate was asked for.
        known: fingerprints of findings that the baseline accepts.
    """
    by_criterion: dict[str, list[CheckResult]] = {name: [] for name in criteria.by_id}
    for node, (check, criterion, title) in plan.selected.items():
        result = results.get(node) or CheckResult(
            nodeid=node, check=check, criterion=criterion, title=title, outcome=Outcome.NOT_RUN
        )
        by_criterion.setdefault(criterion, []).append(result)
    asked = _Asked(criteria, plan, select, known)
    rows = [_row(asked, name, checks) for name, checks in by_criterion.items()]
    return conclude(rows, known=known)


class _Asked(NamedTuple):
    """What the verdicts on all criteria depend on."""

    criteria: Criteria
    plan: Plan
    select: Sequence[str]
    known: AbstractSet[str]


def _row(asked: _Asked, name: str, checks: Sequence[CheckResult]) -> Row:
    criteria, plan, select, known = asked
    total = plan.totals.get(name, 0)
    ruling = criteria.rulings.get(name)
    verdict, reason = judge(checks, total=total, known=known)
    asked_for = name in select or (not select and not plan.narrowed)
    if not checks and not asked_for:
        verdict, reason = Verdict.NOT_SELECTED, "" if total else "no check yet"
    elif ruling and verdict is not Verdict.PASSED:
        verdict, reason = ruling.verdict, ruling.reason
    return Row(
        criterion=criteria.by_id[name],
        verdict=verdict,
        checks=tuple(checks),
        planned=len(checks),
        total=max(total, len(checks)),
        reason=reason,
    )


def judge(
    checks: Iterable[CheckResult], *, total: int, known: AbstractSet[str] = frozenset()
) -> tuple[Verdict, str]:
    """The verdict that check results carry, and why it is not ``passed``.

    A finding fails the criterion. Anything that did not run, broke or could not decide leaves it
    not verified; so does the absence of checks, and so do probes none of which met a sink.
    Findings whose fingerprints are ``known`` fail nothing, and are told.
    """
    checks = list(checks)
    if any(result.outcome is Outcome.FAILED and _is_news(result, known) for result in checks):
        return Verdict.FAILED, ""
    for outcome in (Outcome.ERROR, Outcome.NOT_RUN, Outcome.NOT_VERIFIED):
        some = [result for result in checks if result.outcome is outcome]
        if some:
            reason = next((r.reason for r in some if r.reason), "the run ended before it")
            word = "" if outcome is Outcome.NOT_VERIFIED else f"{outcome}: "
            more = f" (and {len(some) - 1} more)" if len(some) > 1 else ""
            return Verdict.NOT_VERIFIED, f"{word}{reason}{more}"
    if not checks:
        return Verdict.NOT_VERIFIED, "no check was selected" if total else "no check yet"
    contacts = [contact for result in checks for contact in result.contacts]
    if contacts and not any(contact.reached for contact in contacts):
        return Verdict.NOT_VERIFIED, "no probe reached a sink"
    accepted = {f.fingerprint for result in checks for f in result.findings}
    return Verdict.PASSED, f"findings in the baseline: {len(accepted)}" if accepted else ""


def _is_news(result: CheckResult, known: AbstractSet[str]) -> bool:
    """Whether a failed item has a finding that nobody accepted (or none at all)."""
    return not result.findings or any(f.fingerprint not in known for f in result.findings)
