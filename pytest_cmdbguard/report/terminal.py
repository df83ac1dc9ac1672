"""What the person at the keyboard sees: progress, header, acceptance matrix, findings."""

from __future__ import annotations

import os
import textwrap
import threading
from collections import Counter
from typing import TYPE_CHECKING, Self

from pytest_cmdbguard.baseline import State
from pytest_cmdbguard.model import Outcome, Severity, Verdict
from pytest_cmdbguard.report import postscript

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from _pytest.terminal import TerminalReporter

    from pytest_cmdbguard.model import CheckResult, Contact, Finding
    from pytest_cmdbguard.run import Row, Run

_ENDINGS = {"validation": "stopped at validation", "no sink saw it": "used in no sink"}
HEADINGS = ("criterion", "verdict", "checks", "reach", "worst / measured")
NOTHING = "-"
COLOURS: Mapping[Verdict, dict[str, bool]] = {
    Verdict.PASSED: {"green": True},
    Verdict.FAILED: {"red": True, "bold": True},
    Verdict.NOT_VERIFIED: {"yellow": True},
    Verdict.WAIVED: {"cyan": True},
    Verdict.NOT_APPLICABLE: {"cyan": True},
    Verdict.NOT_SELECTED: {"light": True},
}


class Progress:
    """A line per finished stage of the start; on a terminal also one that moves.

    Safe to call from several threads. Silent with ``-q`` and without a terminal reporter.
    """

    def __init__(self, reporter: TerminalReporter | None) -> None:
        self._reporter = reporter if reporter and reporter.verbosity >= 0 else None
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._say("starting services …", passing=True)
        return self

    def __exit__(self, *error: object) -> None:
        if self._reporter and self._reporter.isatty:
            self._reporter.rewrite("", erase=True)
        # What comes later (ZAP is still starting) would land in the output of some check.
        self._reporter = None

    def __call__(self, stage: str) -> None:
        """Tell that a stage is done."""
        self._say(stage, passing=False)

    def _say(self, text: str, *, passing: bool) -> None:
        if self._reporter is None or (passing and not self._reporter.isatty):
            return
        with self._lock:
            if self._reporter.isatty:
                self._reporter.rewrite(f"cmdbguard: {text}", erase=True)
            if not passing:
                end = "\n" if self._reporter.isatty else f"cmdbguard: {text}\n"
                self._reporter.write(end, flush=True)


def header(run: Run) -> str:
    """One line: the target, its data, the services, the profile, where settings came from."""
    seen = run.environment
    parts = [
        f"{seen['target']}, {seen['records']:,} devices ({seen.get('data', 'as found')})",
        f"{seen['services']} " + ", ".join(_services(seen)),
        str(seen["profile"]),
    ]
    if seen["fault"]:
        parts.append(f"fault planted: {seen['fault']}")
    parts += _sources(seen["settings_from"])
    return "cmdbguard: " + " · ".join(parts)


def _sources(came_from: Mapping[str, str]) -> list[str]:
    """Per source the options that it decided: ``from cmdbguard.toml: target, zap``."""
    return [
        f"from {source}: {', '.join(name for name in came_from if came_from[name] == source)}"
        for source in dict.fromkeys(came_from.values())
    ]


def _services(seen: Mapping[str, object]) -> list[str]:
    names = {"postgres": "PostgreSQL ", "redis": "", "zap": ""}
    return [f"{product}{seen[name]}" for name, product in names.items() if seen.get(name)]


def summary(reporter: TerminalReporter, run: Run, *, report: Path) -> None:
    """The acceptance matrix, then one block per finding, then the closing line."""
    for finding in run.findings:
        _finding(reporter, finding, accepted=_accepted(run, finding))
    reporter.section("acceptance")
    _matrix(reporter, run)
    for line in postscript.lines(run):
        reporter.write_line(line)
    _closing(reporter, run, report)


def _matrix(reporter: TerminalReporter, run: Run) -> None:
    rows = [HEADINGS, *(_cells(row) for row in run.selected)]
    widths = [max(len(cells[column]) for cells in rows) for column in range(len(HEADINGS) - 1)]
    room = max(20, reporter._tw.fullwidth - sum(widths) - 2 * len(widths) - 1)  # noqa: SLF001 - the width is known there only
    verdicts = [None, *(row.verdict for row in run.selected)]
    for verdict, cells in zip(verdicts, rows, strict=True):
        lines = textwrap.wrap(cells[-1], room) or [""]
        start = "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=False))
        reporter.write_line(f"{start}  {lines[0]}", **(COLOURS[verdict] if verdict else {}))
        for line in lines[1:]:
            reporter.write_line(" " * (len(start) + 2) + line)
    _rest(reporter, [row for row in run.rows if row.verdict is Verdict.NOT_SELECTED])


def _rest(reporter: TerminalReporter, rows: Sequence[Row]) -> None:
    """The criteria of the documents that this run does not judge, by name."""
    if not rows:
        return
    text = f"not selected ({len(rows)}): " + ", ".join(row.criterion.id for row in rows)
    for line in textwrap.wrap(
        text,
        reporter._tw.fullwidth - 1,  # noqa: SLF001 - the width is known there only
        subsequent_indent="  ",
        break_on_hyphens=False,
    ):
        reporter.write_line(line, light=True)


def _cells(row: Row) -> tuple[str, str, str, str, str]:
    return (row.criterion.id, str(row.verdict), _checks(row), _reach(row), _remark(row))


def _checks(row: Row) -> str:
    passed = sum(result.outcome is Outcome.PASSED for result in row.checks)
    counts = f"{passed}/{row.planned}"
    return counts if row.planned == row.total else f"{counts} of {row.total}"


def _reach(row: Row) -> str:
    contacts = [contact for contact in row.contacts if not contact.closed]
    return f"{sum(c.reached for c in contacts)}/{len(contacts)}" if contacts else NOTHING


def _remark(row: Row) -> str:
    if row.findings and row.verdict is Verdict.FAILED:
        worst = row.findings[0]
        where = f"{worst.operation}, {worst.location} {worst.parameter}".rstrip(", ")
        more = f" (and {len(row.findings) - 1} more)" if len(row.findings) > 1 else ""
        return f"{worst.severity}: {where or worst.title}{more}"
    if row.reason:
        return row.reason
    return _nearest_to_its_limit(row.checks) or _stopped(row.contacts) or NOTHING


def _nearest_to_its_limit(checks: Sequence[CheckResult]) -> str:
    """The figure that took most of its limit."""
    figures = [result for result in checks if result.measured]
    if not figures:
        return ""
    worst = max(figures, key=lambda result: result.share)
    return worst.measured + (f", nearest of {len(figures)}" if len(figures) > 1 else "")


def _stopped(contacts: Sequence[Contact]) -> str:
    """Why probes met no sink, the most frequent reasons; first what cannot and need not."""
    reasons = []
    for closed, label in ((True, ""), (False, "unreached: ")):
        some = [c for c in contacts if c.closed is closed and not c.reached]
        words = Counter(_ENDINGS.get(word := c.stopped.partition(":")[0], word) for c in some)
        told = ", ".join(f"{count} {word}" for word, count in words.most_common(2))
        reasons += [label + told] if told else []
    return "; ".join(reasons)


def _accepted(run: Run, finding: Finding) -> str:
    """Who accepted a known finding, and why; that one expired is said too."""
    state = run.balance.state(finding)
    if state is State.NEW:
        return ""
    return f"{state}: {run.balance.entries[finding.fingerprint].words}"


def _finding(reporter: TerminalReporter, finding: Finding, *, accepted: str) -> None:
    place = f"{finding.location} parameter {finding.parameter}" if finding.parameter else ""
    where = ", ".join(part for part in (finding.operation, place) if part)
    bad = finding.severity in {Severity.CRITICAL, Severity.HIGH}
    title = f"{finding.check} {finding.severity}: {finding.title}"
    reporter.write_line("")
    reporter.write_line(f"{title}   {where}".rstrip(), red=bad, yellow=not bad, bold=True)
    if accepted:
        _field(reporter, "baseline", accepted)
    _field(reporter, "proof", finding.proof)
    for number, line in enumerate(finding.reproduce):
        reporter.write_line(f"  {'' if number else 'reproduce':<10} {line}")
    _field(reporter, "remedy", finding.remedy)
    references = " · ".join((*finding.references, f"fingerprint {finding.fingerprint}"))
    reporter.write_line(f"  {references}", light=True)


def _field(reporter: TerminalReporter, label: str, text: str) -> None:
    width = max(40, reporter._tw.fullwidth - 14)  # noqa: SLF001 - the width is known there only
    lines = [part for line in text.splitlines() for part in textwrap.wrap(line, width)]
    for number, line in enumerate(lines or [""]):
        reporter.write_line(f"  {'' if number else label:<10} {line}")


def _closing(reporter: TerminalReporter, run: Run, report: Path) -> None:
    accepted = sum(row.verdict.accepts for row in run.selected)
    is_open = run.is_accepted and not run.aborted
    state = "gate open" if is_open else "gate closed"
    words = f"{accepted} of {len(run.selected)} criteria accepted: {state}"
    if run.aborted:
        words += f" ({run.aborted})"
    missing = sum(row.total - row.planned for row in run.selected)
    if missing:
        words += f"; {missing} of their checks were deselected"
    words += f". Report: {os.path.relpath(report)}"
    if run.environment.get("zap_level") == "off":
        reporter.write_line(f"{run.environment['zap']}: probes went straight to the target")
    reporter.write_line(words, bold=True, green=is_open, red=not is_open)
