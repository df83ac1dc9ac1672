"""From a verdict under noise to what the check says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard import Evidence, not_verified

if TYPE_CHECKING:
    from pytest_cmdbguard.speed import SpeedCase
    from pytest_cmdbguard.statistics import Exceedance

BUSY = 1.3


def conclude(evidence: Evidence, verdict: Exceedance, case: SpeedCase, *, what: str) -> None:
    """Record a finding for a broken limit; a failure on a busy machine proves nothing.

    Contention can only make a system slower, so a pass stands whatever the machine does.
    """
    evidence.measured = f"{case.name}: {verdict}"
    if verdict.undecided:
        not_verified(f"{case.name}: {verdict}")
    if not verdict.failed:
        return
    if case.contention() > BUSY:
        not_verified(f"{case.name}: over the limit, but the machine was busy; {verdict}")
    evidence.finding(
        f"{what} time of {case.operation}: {verdict}",
        sink=f"{what} time {case.name}",
        exchange=case.last,
    )
