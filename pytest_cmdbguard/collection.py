"""Turns the shipped checks, and users' tests with the marker, into pytest items."""

from __future__ import annotations

import importlib
import itertools
import pkgutil
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .model import Severity
from .model import check as Claim  # noqa: N812 - a noun where it is data
from .verdicts import Plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .criteria import Criteria

PACKAGE = "pytest_cmdbguard.checks"


class CheckModule(pytest.Module):
    """One module of checks; its functions need no ``test_`` prefix."""

    def _getobj(self) -> Any:  # noqa: ANN401 - what it is, another package decides
        return importlib.import_module(f"{PACKAGE}.{self.path.stem}")

    def istestfunction(self, obj: object, name: str) -> bool:
        """A check is a function that carries the marker."""
        del name
        return any(mark.name == "cmdbguard" for mark in getattr(obj, "pytestmark", ()))


class CheckSuite(pytest.Collector):
    """All shipped checks, under the node ``cmdbguard``."""

    def collect(self) -> Iterator[CheckModule]:
        """One collector per module, sorted: xdist needs the same order in every worker."""
        for name, path in shipped_modules():
            yield CheckModule.from_parent(self, path=path, nodeid=f"cmdbguard/{name}.py")


def shipped_modules() -> list[tuple[str, Path]]:
    """Name and file of every module of shipped checks, sorted by name."""
    package = importlib.import_module(PACKAGE)
    names = sorted(found.name for found in pkgutil.iter_modules(package.__path__))
    folder = Path(package.__path__[0])
    return [(name, folder / f"{name}.py") for name in names if not name.startswith("_")]


def shipped_claims() -> dict[str, Claim]:
    """The claims of all shipped checks by their ids."""
    claims = {}
    for name, _ in shipped_modules():
        for function in vars(importlib.import_module(f"{PACKAGE}.{name}")).values():
            for mark in getattr(function, "pytestmark", ()):
                if mark.name == "cmdbguard":
                    claims[mark.kwargs["id"]] = Claim(**mark.kwargs)
    return claims


def claim_of(item: pytest.Item) -> Claim | None:
    """The claim on an item, None when it carries no marker.

    A bare ``@pytest.mark.cmdbguard(criterion="…")`` is enough: the function's name becomes the
    id, the first line of its docstring the title.

    Raises: pytest.UsageError naming the item when the marker does not fit.
    """
    mark = item.get_closest_marker("cmdbguard")
    if mark is None:
        return None
    function = getattr(item, "function", None)
    name = getattr(item, "originalname", None) or item.name
    doc = (getattr(function, "__doc__", None) or name).strip().splitlines()[0]
    words = {
        "id": name,
        "title": doc,
        "severity": Severity.HIGH,
        "remedy": "See the test.",
        **mark.kwargs,
    }
    try:
        if mark.args:
            raise TypeError("it takes keyword arguments only")  # noqa: TRY301 - worded in one place
        return Claim(**words)
    except (TypeError, ValueError) as error:
        problem = str(error).replace("check.__init__() ", "")
        raise pytest.UsageError(f"{item.nodeid}: marker cmdbguard: {problem}") from None


class Selection:
    """Which of the collected items the gate runs, in which order, and out of how many."""

    def __init__(self, select: tuple[str, ...], criteria: Criteria) -> None:
        self.select, self.criteria = select, criteria
        self.deselected = 0
        self._claims: dict[str, Claim] = {}
        self._wanted = 0
        self._totals: Counter[str] = Counter()

    def narrow(self, items: list[pytest.Item]) -> list[pytest.Item]:
        """Keep the selected checks in ``items``; returns what was dropped.

        Raises: pytest.UsageError for a marker that does not fit or names no known criterion.
        """
        kept: list[pytest.Item] = []
        dropped: list[pytest.Item] = []
        for item in items:
            claim = claim_of(item)
            if claim is not None:
                self._register(item, claim)
            (kept if claim and self._wants(claim) else dropped).append(item)
        items[:] = kept
        self._wanted, self.deselected = len(kept), len(dropped)
        return dropped

    def _register(self, item: pytest.Item, claim: Claim) -> None:
        if claim.criterion not in self.criteria:
            raise pytest.UsageError(
                f"{item.nodeid}: no criterion {claim.criterion!r}; "
                f"add [criteria.{claim.criterion}] with a text to cmdbguard.toml, "
                f"or use one of: {', '.join(self.criteria.by_id)}"
            )
        self._claims[item.nodeid] = claim
        self._totals[claim.criterion] += 1

    def _wants(self, claim: Claim) -> bool:
        return not self.select or claim.id in self.select or claim.criterion in self.select

    def order(self, items: list[pytest.Item], *, side_by_side: bool) -> None:
        """First what needs no ZAP (it is still starting), then what must run alone.

        Last comes what rests on everything before it, and leaves the data in disorder.
        ``side_by_side`` are xdist's workers: none of them shall be left with what takes long
        while the others have nothing to do any more.
        """
        items.sort(key=self._phase)
        if side_by_side:
            phases = itertools.groupby(items, key=self._phase)
            items[:] = [item for _, phase in phases for item in self._spread(list(phase))]

    def _spread(self, items: Sequence[pytest.Item]) -> Iterator[pytest.Item]:
        """What looks at the whole system in one item takes long: it goes between the others.

        None is in the last third, at whose end the workers wait for each other.
        """
        often = Counter(self._claims[item.nodeid].id for item in items)
        whole: list[pytest.Item] = []
        parts: list[pytest.Item] = []
        for item in items:
            (whole if often[self._claims[item.nodeid].id] == 1 else parts).append(item)
        turns = max(1, len(whole) * 3 // 2)
        for turn in range(turns):
            yield from whole[turn : turn + 1]
            yield from parts[turn * len(parts) // turns : (turn + 1) * len(parts) // turns]

    def _phase(self, item: pytest.Item) -> int:
        if "suspicions" in getattr(item, "fixturenames", ()):
            return 3
        if self._claims[item.nodeid].alone:
            return 2
        return int("zap" in getattr(item, "fixturenames", ()))

    def plan(self, items: list[pytest.Item]) -> Plan:
        """What is left when every other plugin has narrowed too (``-k``, ``-m``, ``--lf``)."""
        selected = {}
        for item in items:
            claim = self._claims[item.nodeid]
            selected[item.nodeid] = (claim.id, claim.criterion, claim.title)
        return Plan(
            selected=selected,
            totals=dict(self._totals),
            narrowed=len(items) < self._wanted,
        )
