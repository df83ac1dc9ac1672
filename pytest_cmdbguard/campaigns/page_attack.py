"""Scripts in pages as one attack per operation, like the attacks on other sinks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard.campaigns.attack import PointResult
from pytest_cmdbguard.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_cmdbguard.campaigns.pages import Pages, Shown
    from pytest_cmdbguard.model import Operation


class PageAttack:
    """What pages make of input: all pages are looked at once, when first asked for."""

    def __init__(self, pages: Pages, profile: str) -> None:
        self._pages, self._profile = pages, profile
        self._shown: list[Shown] | None = None

    def __call__(self, operation: Operation) -> Iterator[PointResult]:
        """One result per place of the operation that some page shows."""
        if self._shown is None:
            reflected, stored = self._pages.reflected, self._pages.stored
            self._shown = [*reflected(self._profile), *stored(self._profile)]
        for shown in self._shown:
            if shown.operation == operation:
                yield _result(shown)


def _result(shown: Shown) -> PointResult:
    broken = shown.broken
    proof = f"{shown.page} shows it as an {broken.position}: {broken.text}" if broken else ""
    return PointResult(
        operation=shown.operation,
        point=shown.point,
        reached=shown.reached,
        stopped=shown.stopped,
        proof=proof,
        severity=Severity.HIGH if broken else None,
        exchange=shown.exchange,
    )
