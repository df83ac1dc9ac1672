"""The hooks of a run with ``--cmdbguard``: start, collect, record, judge, report, stop."""

from __future__ import annotations

import contextlib
import importlib
import pkgutil
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from .campaigns.speed import SEARCH
from .collection import CheckSuite, claim_of
from .distributed import Alone, WorkerLink, is_distributed, is_worker
from .errors import GuardError
from .evidence import NOT_VERIFIED, Evidence, evidence_key, summary
from .gate import Gate, gate_key
from .interrupts import end_politely_on_sigterm
from .model import CheckResult, Outcome, check
from .report import results, terminal
from .settings import Settings

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from _pytest.terminal import TerminalReporter

FIXTURES = "pytest_cmdbguard.fixtures"
RESULT = "cmdbguard"


def register(config: pytest.Config) -> None:
    """Put the gate into this pytest run.

    Raises: GuardError for settings that cannot be used.
    """
    if FIXTURES not in sys.modules:
        pytest.register_assert_rewrite("pytest_cmdbguard.checks", FIXTURES)
    gate = Gate(Settings.from_config(config))
    config.stash[gate_key] = gate
    config.add_cleanup(gate.stop)
    _register_fixtures(config)
    _let_lf_choose_items(config)
    config.pluginmanager.register(Collecting(gate), "cmdbguard-collecting")
    config.pluginmanager.register(Recording(gate), "cmdbguard-recording")
    if is_worker(config):
        config.pluginmanager.register(WorkerLink(config, gate), "cmdbguard-worker")
        return
    config.pluginmanager.register(Controlling(config, gate), "cmdbguard-controlling")
    if config.pluginmanager.hasplugin("xdist"):
        from .distributed import ControllerLink  # noqa: PLC0415 - loaded only where it is needed

        config.pluginmanager.register(ControllerLink(gate), "cmdbguard-controller")


def _register_fixtures(config: pytest.Config) -> None:
    package = importlib.import_module(FIXTURES)
    for found in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{FIXTURES}.{found.name}")
        config.pluginmanager.register(module, f"cmdbguard-fixture-{found.name}")


def _let_lf_choose_items(config: pytest.Config) -> None:
    """Keep ``--lf`` from leaving out whole files; it still deselects what did not fail.

    It looks for the files of failed items on the disk, where shipped checks have none, and the
    gate must know how many items there are.
    """
    if config.pluginmanager.hasplugin("lfplugin-collwrapper"):
        config.pluginmanager.unregister(name="lfplugin-collwrapper")


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
        self.gate.selection.order(session.items)
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


class Recording:
    """In every process that runs checks: what an item saw becomes part of its report."""

    def __init__(self, gate: Gate) -> None:
        self.gate, self.flags = gate, gate.settings.as_flags()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Timing items run alone, all others side by side (across xdist workers)."""
        claim = claim_of(item)
        with Alone.of(item.config).hold(exclusive=bool(claim and claim.alone)):
            return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """A fresh record for every attempt."""
        claim = claim_of(item)
        if claim is not None:
            item.stash[evidence_key] = Evidence(claim, item.nodeid, flags=self.flags)

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, object, object]:
        """An item with findings fails when its check returns."""
        result = yield
        evidence = pyfuncitem.stash.get(evidence_key, None)
        if evidence and evidence.findings:
            pytest.fail(summary(evidence.findings), pytrace=False)
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put the result on the report, from where it travels to the controller."""
        report = yield
        evidence = item.stash.get(evidence_key, None)
        if evidence is None or (report.passed and call.when != "call"):
            return report
        died = self.gate.death() if report.failed else ""
        if call.excinfo and (died or isinstance(call.excinfo.value, GuardError)):
            report.longrepr = died or str(call.excinfo.value)
        result = _result(evidence, report, call, died=died)
        report.__dict__[RESULT] = result.to_json()  # xdist carries whatever stands there
        # JUnit takes them from the report of the teardown, which copies the item's
        item.user_properties = [*_properties(result)]
        return report


def _properties(result: CheckResult) -> Iterator[tuple[str, object]]:
    """What a JUnit file says of an item beside its outcome."""
    yield "criterion", result.criterion
    yield "check", result.check
    yield "verdict", str(result.outcome)
    if result.measured:
        yield "measured", result.measured
    if result.contacts:
        reached = sum(contact.reached for contact in result.contacts)
        yield "reach", f"{reached}/{len(result.contacts)}"


def _result(
    evidence: Evidence, report: pytest.TestReport, call: pytest.CallInfo[None], *, died: str
) -> CheckResult:
    """What an item has to say; with a part of the system gone a failure proves nothing."""
    outcome, reason = Outcome.PASSED, ""
    error = call.excinfo.value if call.excinfo else None
    if died:
        evidence.drop_findings()
        outcome, reason = Outcome.ERROR, died
    elif report.skipped:
        outcome, reason = Outcome.NOT_VERIFIED, str(error).removeprefix(NOT_VERIFIED)
    elif report.failed:
        if call.when == "call" and isinstance(error, AssertionError) and not evidence.findings:
            evidence.finding_from_assertion(str(error).partition("\n")[0])
        proven = call.when == "call" and bool(evidence.findings)
        outcome = Outcome.FAILED if proven else Outcome.ERROR
        reason = "" if proven else _in_words(error)
    return evidence.result(outcome, reason=reason, duration_s=report.duration)


def _in_words(error: BaseException | None) -> str:
    """One line about what ended a check; our own errors and pytest's say what they are."""
    line = str(error).partition("\n")[0]
    if isinstance(error, GuardError | pytest.fail.Exception):
        return line
    return ": ".join(filter(None, (type(error).__name__, line)))


class Controlling:
    """In the controller or the only process: services, verdicts, reports, exit status."""

    def __init__(self, config: pytest.Config, gate: Gate) -> None:
        self.config, self.gate = config, gate
        self._began = time.perf_counter()
        self._restore = end_politely_on_sigterm()

    @property
    def _terminal(self) -> TerminalReporter | None:
        found: TerminalReporter | None = self.config.pluginmanager.getplugin("terminalreporter")
        return found

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Start the services; ``--co`` starts nothing."""
        if self.config.option.collectonly:
            return
        try:
            with terminal.Progress(self._terminal) as progress:
                if self.gate.shared is None:
                    self.gate.start(progress)
                _ = self.gate.operations  # a document that cannot be used is told as such
                if not is_distributed(self.config):
                    self.gate.seat()
            self.gate.timings["ready_s"] = time.perf_counter() - self._began
        except (GuardError, OSError) as error:
            self.gate.aborted = str(error) if isinstance(error, GuardError) else _no_room(error)
            self._write()
            raise pytest.UsageError(self.gate.aborted) from None

    def pytest_report_header(self) -> str | None:
        """What is being tested, on what, with settings from where."""
        return terminal.header(self.gate.run()) if self.gate.shared else None

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """What could not be collected may hold checks: the gate cannot open without it."""
        if report.failed:
            self.gate.aborted = f"{report.nodeid} could not be collected"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect what the items have to say; a later attempt replaces an earlier one."""
        data: dict[str, Any] | None = report.__dict__.get(RESULT)
        if data is None:
            return
        result = CheckResult.from_json(data)
        known = self.gate.results.get(result.nodeid)
        if report.when == "teardown" and known and known.outcome is Outcome.FAILED:
            return
        self.gate.results[result.nodeid] = result

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Judge, write the report, close the gate unless everything selected is accepted."""
        if self.gate.shared is None:
            return
        self.gate.timings["checks_s"] = sum(r.duration_s for r in self.gate.results.values())
        self.gate.timings["total_s"] = time.perf_counter() - self._began
        if session.exitstatus == pytest.ExitCode.INTERRUPTED:
            self.gate.aborted = self.gate.aborted or "interrupted"
        run = self.gate.run()
        is_written = self._write()
        ended = {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}
        ended.add(pytest.ExitCode.TESTS_FAILED)  # of a criterion that is waived, perhaps
        if session.exitstatus in ended:
            is_open = run.is_accepted and not run.aborted and is_written
            session.exitstatus = pytest.ExitCode.OK if is_open else pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        """The acceptance matrix and one block per finding."""
        if self.gate.shared is not None and (self.gate.results or not self.gate.aborted):
            terminal.summary(terminalreporter, self.gate.run(), report=self.gate.settings.report)

    def pytest_unconfigure(self) -> None:
        """Stop what runs; also reached when the start broke off."""
        self.gate.stop()
        self._restore()

    def _write(self) -> bool:
        """Write the report; a gate whose report is not there does not open."""
        try:
            results.write(self.gate.run(), self.gate.settings.report)
        except OSError as error:
            message = f"the report could not be written to {self.gate.settings.report}: {error}"
            if self._terminal:
                self._terminal.write_line(f"cmdbguard: {message}", red=True)
            return False
        return True


def _no_room(error: OSError) -> str:
    return f"the run cannot start: {error}; make room, or let TMPDIR name another directory"
