"""Gaps in the confinement of a container as findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_cmdbguard import Evidence
    from pytest_cmdbguard.campaigns.confinement import Gap


def tell(evidence: Evidence, gaps: Iterable[Gap], *, again: str = "") -> None:
    """One finding per gap; ``again`` is the line that shows the fact again."""
    for gap in gaps:
        evidence.finding(gap.told, sink=gap.sink, severity=gap.severity, shell=again)
