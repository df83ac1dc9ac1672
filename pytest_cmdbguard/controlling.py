"""The hooks of the controller or the only process: start, judge, report, stop."""

from __future__ import annotations

import functools
import time
from typing import TYPE_CHECKING, Any

import pytest

from .distributed import is_distributed
from .errors import GuardError
from .interrupts import end_politely_on_sigterm
from .model import CheckResult, Outcome
from .recording import RESULT
from .report import results, sarif, terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from _pytest.terminal import TerminalReporter

    from .gate import Gate

WRITERS = (results.write, sarif.write)


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
                    if is_distributed(self.config):
                        self.gate.require_divisible()
                    self.gate.start(progress)
                _ = self.gate.operations  # a document that cannot be used is told as such
                if not is_distributed(self.config):
                    self.gate.seat()
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
        # The first report is that of a set-up: everything stands, and the first check begins.
        self.gate.timings.setdefault("ready_s", time.perf_counter() - self._began)
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
        if session.exitstatus == pytest.ExitCode.INTERRUPTED:
            self.gate.aborted = self.gate.aborted or "interrupted"
        is_written = self._keep(self.gate.keep_archive)
        self.gate.timings["total_s"] = time.perf_counter() - self._began
        run = self.gate.run()
        is_written &= self._write()
        if self.gate.settings.write_baseline:
            self._keep(self._write_baseline)
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
        run, report = self.gate.run(), self.gate.settings.report
        return all(self._keep(functools.partial(write, run, report)) for write in WRITERS)

    def _write_baseline(self) -> None:
        words = self.gate.write_baseline()
        if self._terminal:
            self._terminal.write_line(f"\ncmdbguard: {words}; fill in reason and owner")

    def _keep(self, write: Callable[[], object]) -> bool:
        """Write something; where that cannot be done, say it."""
        try:
            write()
        except OSError as error:
            message = f"the report could not be written to {self.gate.settings.report}: {error}"
            if self._terminal:
                self._terminal.write_line(f"cmdbguard: {message}", red=True)
            return False
        return True


def _no_room(error: OSError) -> str:
    return f"the run cannot start: {error}; make room, or let TMPDIR name another directory"
