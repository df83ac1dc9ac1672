"""What stands under the acceptance matrix: scope, baseline, the answers to other scanners."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pytest_cmdbguard.answers import Standing
from pytest_cmdbguard.baseline import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_cmdbguard.run import Run


def lines(run: Run) -> Iterator[str]:
    """A line about each of scope, baseline, alerts, archive, where there is something to say."""
    if scope := run.environment.get("scope"):
        yield f"scope: {scope}; nothing is said of the others"
    if any(_counts(run).values()):
        said = ", ".join(f"{count} {word}" for word, count in _counts(run).items() if count)
        yield f"baseline: {said}"
    if run.answers:
        yield f"alerts of {_sources(run)}: {_standings(run)}"
    if archive := run.environment.get("archive"):
        yield f"archive: {archive}"


def _counts(run: Run) -> dict[str, int]:
    balance = run.balance
    compared = bool(balance.entries)
    return {
        "new": balance.count(State.NEW) if compared else 0,
        "known": balance.count(State.KNOWN),
        "expired": balance.count(State.EXPIRED),
        "fixed": len(balance.fixed),
        "not looked at": len(balance.unlooked),
        "without reason or owner (they do not count)": len(balance.unfilled),
    }


def _sources(run: Run) -> str:
    return ", ".join(dict.fromkeys(answer.alert.source for answer in run.answers))


def _standings(run: Run) -> str:
    counts: Counter[Standing] = Counter()
    for answer in run.answers:
        counts[answer.standing] += answer.times
    return ", ".join(f"{counts[standing]} {standing}" for standing in Standing)
