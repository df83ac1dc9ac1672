"""The hooks of collection: the shipped checks join the session, other tests leave it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from .campaigns.speed import SEARCH
from .collection import CheckSuite, claim_of
from .distributed import is_worker
from .errors import GuardError
from .evidence import NOT_VERIFIED

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from .gate import Gate
    from .model import check


class Collecting:
    """In every process: the shipped checks join the session, other tests leave it."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        """Without a document that can be read there is nothing to collect."""
        try:
            _ = self.gate.operations
        except GuardError as error:
            raise pytest.UsageError(str(error)) from None

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Append the suite of shipped checks to what the session itself collected."""
        report = yield
        if isinstance(collector, pytest.Session) and report.passed:
            suite = CheckSuite.from_parent(collector, name="cmdbguard", nodeid="cmdbguard")
            report.result.append(suite)
        return report

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One item per operation, or per request whose speed counts, that a check asks for."""
        with contextlib.suppress(pytest.UsageError):  # told when items are narrowed, and once
            self._parametrize(metafunc, claim_of(metafunc.definition))

    def _parametrize(self, metafunc: pytest.Metafunc, claim: check | None) -> None:
        if claim is None:
            return
        if "operation" in metafunc.fixturenames:
            chosen = {op.id: op for op in self.gate.operations if claim.operations(op)}
            _parametrize(metafunc, "operation", chosen, lack="no operation that it applies to")
        if "speed_case" in metafunc.fixturenames:
            names = sorted(self.gate.target.speed)
            if "search_case" in metafunc.fixturenames:
                names = [name for name in names if name == SEARCH]
            lack = f"no [target.speed.{SEARCH if 'search_case' in metafunc.fixturenames else '…'}]"
            cases = {name: name for name in names}
            _parametrize(metafunc, "speed_case", cases, lack=f"{lack} in cmdbguard.toml")

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Only checks stay, and of these only the selected ones; a wrong marker ends the run."""
        try:
            dropped = self.gate.selection.narrow(items)
        except pytest.UsageError as error:
            items.clear()
            self.gate.aborted = str(error)
            if is_worker(config):  # its controller ends the run
                return
            raise
        if dropped:
            config.hook.pytest_deselected(items=dropped)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Fix the order and remember the plan, after every other plugin had its say."""
        self.gate.selection.order(session.items, side_by_side=is_worker(session.config))
        self.gate.plan = self.gate.selection.plan(session.items)


def _parametrize(
    metafunc: pytest.Metafunc, name: str, values: Mapping[str, object], *, lack: str
) -> None:
    """One item per value; where there is none, one that says what the target lacks."""
    indirect = name == "speed_case"
    if values:
        metafunc.parametrize(name, list(values.values()), ids=list(values), indirect=indirect)
        return
    skip = pytest.mark.skip(reason=f"{NOT_VERIFIED}the target has {lack}")
    metafunc.parametrize(name, [pytest.param(None, marks=skip, id="none")], indirect=indirect)
