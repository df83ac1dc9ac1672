"""From a verdict under noise to what the check says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard import Evidence, not_verified
from pytest_cmdbguard.campaigns.speed import contention

if TYPE_CHECKING:
    from pytest_cmdbguard.campaigns.speed import Asker
    from pytest_cmdbguard.statistics import Exceedance

BUSY = 1.3


def conclude(
    evidence: Evidence, verdict: Exceedance, asker: Asker, *, limit_s: float, what: str
) -> None:
    """Record a finding for a broken limit; a failure on a busy machine proves nothing.

    Contention can only make a system slower, so a pass stands whatever the machine does.
    """
    low, high = (1000 * bound for bound in verdict.interval_s)
    words = f"{asker.name} p95 {low:.3g}-{high:.3g} ms of {1000 * limit_s:,.0f} ms"
    words += f" (n_eff {verdict.n_eff:,.0f})"
    evidence.measure(words, share=verdict.interval_s[1] / limit_s)
    if verdict.outcome == "passed":
        return
    over = f"{words}; {verdict.k} of {verdict.n} were slower"
    if verdict.outcome == "undecided":
        not_verified(over)
    if (slowdown := contention()) > BUSY:
        not_verified(
            f"{over}, but the machine was busy (a spin took {slowdown:.1f} times its CPU)"
        )
    evidence.finding(
        f"{what} time, {over}",
        operation=asker.operation,
        sink=f"{what} time {asker.name}",
        exchange=asker.last,
    )
