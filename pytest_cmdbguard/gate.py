"""The state of the gate in one pytest process: the controller, a worker, or the only one."""

from __future__ import annotations

import datetime as dt
import difflib
import functools
import json
import platform
import time
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from . import archive, foreign_reports, targets
from .baseline import Baseline, State
from .collection import Selection, shipped_claims
from .criteria import Criteria
from .errors import GuardError, ServiceError, SettingsError
from .interrupts import uninterrupted
from .model import CHECK_ID, CheckResult, Json, Operation
from .probes.document import operations
from .run import Run
from .services import zap, zap_state
from .services.containers.options import Options
from .services.environment import Environment
from .services.seat import Seat
from .targets import scope
from .verdicts import Plan, matrix

if TYPE_CHECKING:
    from collections.abc import Callable

    from .services.shared import Shared
    from .settings import Settings
    from .targets import Target

gate_key = pytest.StashKey["Gate"]()


class Gate:
    """What one process knows and holds of the run.

    The controller (or the only process) owns the ``environment``; every process that runs checks
    has a ``seat`` in it, taken when the first check asks for it.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        today = dt.datetime.now(tz=dt.UTC).date()
        self.criteria = Criteria.load(settings.table("criteria"), today=today)
        self.alerts = foreign_reports.read(settings)
        self.baseline = Baseline.load(foreign_reports.baseline_path(settings), today=today)
        _require_known(settings, self.criteria)
        self.selection = Selection(settings.select, self.criteria)
        self.target: Target = targets.load(settings)
        self.environment: Environment | None = None
        self.shared: Shared | None = None
        self.plan: Plan | None = None
        self.results: dict[str, CheckResult] = {}
        self.aborted = self.archive = self.scope = ""
        self.timings: dict[str, float] = {}
        self.worker = "main"
        self._zap_seen = {"zap": "ZAP starting", "zap_level": "off"}
        self._seat: Seat | None = None

    @functools.cached_property
    def operations(self) -> tuple[Operation, ...]:
        """Of the target, from its OpenAPI document; starts no service.

        Raises: DocumentError.
        """
        self.scope = scope.told(self.document)
        return operations(self.document, where=self.target.name)

    @functools.cached_property
    def document(self) -> Json:
        """The target's OpenAPI document, which one process reads for all workers of a run.

        Raises: DocumentError.
        """
        if self.shared is None:
            return self.target.document()
        document: Json = json.loads(self.shared.document.read_text(encoding="utf-8"))
        return document

    def start(self, progress: Callable[[str], None]) -> None:
        """Start everything the checks need; ZAP goes on starting in the background.

        Raises: GuardError; what had been started is stopped by :meth:`stop`.
        """
        started = time.perf_counter()
        self._require_report_directory()
        self.environment = Environment(self.settings, self.target, progress)
        self.shared = self.environment.start()
        self.timings["services_s"] = time.perf_counter() - started

    def require_divisible(self) -> None:
        """Return if workers can have an instance and data each.

        Raises: SettingsError where they would work on one deployment at the same time.
        """
        if self.settings.services == "containers" and Options.read(self.settings).blueprint:
            remedy = "the balancer means one deployment, which workers cannot share: leave -n away"
            told = self.settings.table("containers")["services"]["balancer"]
            raise SettingsError(
                "containers.services.balancer", told, source="cmdbguard.toml", remedy=remedy
            )

    def _require_report_directory(self) -> None:
        try:
            self.settings.report.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            source = self.settings.sources.get("report", "default")
            remedy = f"a directory cannot be made there ({error.strerror}); name another one"
            raise SettingsError(
                "--cmdbguard-report", str(self.settings.report), source=source, remedy=remedy
            ) from None

    def seat(self) -> Seat:
        """This process's own database, cache namespace and CMDB instance.

        Raises: GuardError.
        """
        if self._seat is None:
            if self.shared is None:
                raise GuardError("the services of this run were not started")
            started = time.perf_counter()
            self._seat = Seat(self.shared, self.settings, self.target, self.worker)
            self._seat.open()
            self.timings["seat_s"] = time.perf_counter() - started
        return self._seat

    def death(self) -> str:
        """Which service of this process is gone, and its last words; empty while all run.

        ZAP does not count: what goes through it says so itself, and all else needs no ZAP.
        """
        try:
            if self._seat is not None:
                self._seat.cmdb.require_alive()
            if self.environment is not None:
                self.environment.require_alive()
        except ServiceError as error:
            return "" if error.service.upper() == zap.NAME else str(error)
        return ""

    def leave(self) -> None:
        """Give the seat back; harmless when none was taken."""
        if self._seat is not None:
            self._seat.close()
            self._seat = None

    def stop(self) -> None:
        """End everything this process started and keep the logs beside the report."""
        with uninterrupted(forget=True):  # it is the end already, and takes seconds at most
            self.leave()
            if self.environment is not None:
                self.environment.stop(keep_logs_in=self.settings.report / "logs")
                self.environment = None

    def keep_archive(self) -> None:
        """Write what ZAP recorded into the report. Raises: OSError."""
        if self.shared is not None:
            findings = self.run().findings
            self.archive = archive.keep(self.shared.zap_state, findings, self.settings)

    def write_baseline(self) -> str:
        """Write the findings into the baseline; says what became of it. Raises: OSError."""
        run = self.run()
        fresh = self.baseline.write(run.findings, run.balance)
        return f"{self.baseline.path.name}: {fresh} new of {len(run.findings)} findings"

    def run(self) -> Run:
        """The run as the reports see it, judged by what has arrived so far."""
        plan = self.plan or Plan(selected={}, totals={}, narrowed=False)
        found = [f for result in self.results.values() for f in result.findings]
        known = {f.fingerprint for f in found if self.baseline.state(f) is State.KNOWN}
        rows = matrix(self.criteria, plan, self.results, select=self.settings.select, known=known)
        checks = [result for row in rows for result in row.checks]
        return Run(
            rows=rows,
            environment=self._describe(),
            timings={name: round(seconds, 3) for name, seconds in self.timings.items()},
            aborted=self.aborted,
            deselected=self.selection.deselected,
            balance=self.baseline.balance(checks, narrowed=plan.narrowed),
        )

    def _describe(self) -> dict[str, Any]:
        return {
            "cmdbguard": metadata.version("pytest-cmdbguard"),
            "python": platform.python_version(),
            "platform": platform.platform(),
            "fault": self.settings.fault or "",
            "profile": self.settings.profile,
            "services": self.settings.services,
            "settings_from": dict(self.settings.sources),
            **(self.shared.details if self.shared else {"target": self.target.name}),
            "records": self.settings.records,
            "scope": self.scope,
            **self._zap(),
            "archive": self.archive,
        }

    def _zap(self) -> dict[str, str]:
        """Which ZAP ran, at which level, or why none did."""
        if self.settings.zap == "off":
            return {"zap": "ZAP off", "zap_level": "off"}
        if self.shared and self.shared.zap_state:
            self._zap_seen = zap_state.peek(self.shared.zap_state) or self._zap_seen
        return self._zap_seen


def _require_known(settings: Settings, criteria: Criteria) -> None:
    """Every selected id is a criterion, a shipped check or the form of somebody's own check."""
    wrong = [word for word in settings.select if word not in criteria]
    if not wrong:
        return
    known = shipped_claims()
    for word in wrong:
        own_check = CHECK_ID.fullmatch(word) and not word.startswith("CG-")
        if word not in known and not own_check:
            raise SettingsError(
                "--cmdbguard-select",
                word,
                source=settings.sources.get("select", "default"),
                remedy=_suggest(word, [*criteria.by_id, *sorted(known)]),
            )


def _suggest(word: str, known: list[str]) -> str:
    if Path(word).exists():
        return "that is a path; write paths before the option, or end its ids with another option"
    close = difflib.get_close_matches(word, known, n=3, cutoff=0.4)
    return f"did you mean {' or '.join(close)}?" if close else f"known are: {', '.join(known)}"
