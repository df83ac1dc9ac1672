"""What the checks of sinks have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard.campaigns.attack import takes_input
from pytest_cmdbguard.campaigns.cast import ends_the_session
from pytest_cmdbguard.evidence import not_verified
from pytest_cmdbguard.probes.benign import takes_text
from pytest_cmdbguard.probes.points import injection_points

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_cmdbguard import Evidence, Operation
    from pytest_cmdbguard.campaigns.attack import PointResult
    from pytest_cmdbguard.campaigns.sinks import Means, SinkResult


def takes_free_text(operation: Operation) -> bool:
    """Whether an operation has a place for a text of the client's choice."""
    if ends_the_session(operation) or not takes_input(operation):
        return False
    return any(takes_text(point) for point in injection_points(operation))


def require_hook(means: Means) -> None:
    """Go on where a CPython process tells what it does; else nothing is proven."""
    if not means.audit.sees:
        not_verified("the target is no CPython program that this run started: nobody sees inside")


def require_neighbour(means: Means) -> None:
    """Go on where the target shares this machine's files and programs; else nothing is proven."""
    if not means.files.sees:
        not_verified("the target was not started by this run: its processes are out of sight")


def record(
    evidence: Evidence, operation: Operation, results: Iterable[SinkResult], *, sink: str
) -> None:
    """Note which places were reached, and what was proven."""
    for result in results:
        if result.operation == operation:
            evidence.contact(
                operation, result.point, reached=result.reached, stopped=result.stopped
            )
        report(evidence, result, sink=sink)


def report(evidence: Evidence, result: PointResult | SinkResult, *, sink: str) -> None:
    """Make a finding of what was proven, if anything was."""
    if result.proof:
        evidence.finding(
            result.proof,
            operation=result.operation,
            point=result.point,
            sink=sink,
            exchange=result.exchange,
            severity=result.severity,
        )
