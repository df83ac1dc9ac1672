"""The header, the matrix and the finding blocks as a person reads them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from pytest_cmdbguard.answers import Alert, Answer, Standing
from pytest_cmdbguard.model import (
    CheckResult,
    Contact,
    Criterion,
    Finding,
    Outcome,
    Severity,
    Verdict,
)
from pytest_cmdbguard.report import terminal
from pytest_cmdbguard.run import Row, Run


class Reporter:
    """Keeps the lines that pytest's reporter would print."""

    verbosity = 0
    isatty = False

    def __init__(self, width=80):
        self.lines, self._tw = [], self
        self.fullwidth = width
        self.written = ""

    def section(self, title):
        self.lines.append(f"== {title} ==")

    def write_line(self, line, **_):
        self.lines.append(line)

    def write(self, text, **_):
        self.written += text

    rewrite = write


FINDING = Finding(
    check="CG-INJ-001",
    criterion="sql-injection",
    severity=Severity.HIGH,
    title="Input stays data",
    operation="GET /x",
    location="query",
    parameter="sort",
    sink="sql",
    proof="first line\nsecond line",
    reproduce=("curl -si http://127.0.0.1:1/x", "pytest --cmdbguard"),
    remedy="Bind it.",
)


def result(outcome=Outcome.PASSED, **more):
    return CheckResult(
        nodeid="n",
        check="CG-INJ-001",
        criterion="sql-injection",
        title="t",
        outcome=outcome,
        **more,
    )


def row(verdict, *checks, reason="", total=None):
    criterion = Criterion(id="sql-injection", text="t", source="s")
    count = len(checks)
    return Row(
        criterion=criterion,
        verdict=verdict,
        checks=checks,
        planned=count,
        total=total or count,
        reason=reason,
    )


def shown(*rows, width=80, aborted="", **environment):
    reporter = Reporter(width)
    run = Run(rows=rows, environment=environment, timings={}, aborted=aborted)
    terminal.summary(reporter, run, report=Path("report"))
    return reporter.lines


def test_a_finding_shows_proof_reproduction_and_remedy():
    lines = shown(row(Verdict.FAILED, result(Outcome.FAILED, findings=(FINDING,))))
    begin = lines.index("CG-INJ-001 high: Input stays data   GET /x, query parameter sort")
    assert lines[begin + 1 : begin + 6] == [
        "  proof      first line",
        "             second line",
        "  reproduce  curl -si http://127.0.0.1:1/x",
        "             pytest --cmdbguard",
        "  remedy     Bind it.",
    ]
    assert FINDING.fingerprint in lines[begin + 6]


@pytest.mark.parametrize(
    ("verdict", "findings", "reason", "remark"),
    [
        (Verdict.FAILED, (FINDING,), "", "high: GET /x, query sort"),
        (Verdict.WAIVED, (FINDING,), '"bought" (Ops)', '"bought" (Ops)'),
        (Verdict.NOT_VERIFIED, (), "the moon was not full", "the moon was not full"),
        (Verdict.PASSED, (), "", "-"),
    ],
)
def test_the_matrix_says_what_matters_most(verdict, findings, reason, remark):
    lines = shown(row(verdict, result(findings=findings), reason=reason))
    line = next(line for line in lines if line.startswith("sql-injection"))
    assert line.split("  ")[-1] == remark


def test_reach_counts_points_and_checks_count_items():
    contacts = tuple(
        Contact(
            operation="GET /x", location="query", parameter=name, reached=name == "a", stopped=""
        )
        for name in "abc"
    )
    lines = shown(row(Verdict.PASSED, result(contacts=contacts), total=5))
    line = next(line for line in lines if line.startswith("sql-injection"))
    assert "1/1 of 5" in line
    assert "1/3" in line
    assert "4 of their checks were deselected" in lines[-1]


def test_the_figure_nearest_to_its_limit_is_shown():
    near, far = result(measured="near", share=0.9), result(measured="far", share=0.1)
    lines = shown(row(Verdict.PASSED, far, near))
    assert any(line.endswith("near, nearest of 2") for line in lines)


def test_criteria_that_are_not_judged_are_named_within_the_width():
    lines = shown(*[row(Verdict.NOT_SELECTED) for _ in range(12)], width=60)
    begin = next(n for n, line in enumerate(lines) if line.startswith("not selected (12): "))
    assert all(len(line) < 60 for line in lines[begin:-1])


@pytest.mark.parametrize(
    ("verdict", "aborted", "words"),
    [
        (Verdict.PASSED, "", "1 of 1 criteria accepted: gate open"),
        (Verdict.FAILED, "", "0 of 1 criteria accepted: gate closed"),
        (Verdict.PASSED, "interrupted", "1 of 1 criteria accepted: gate closed (interrupted)"),
    ],
)
def test_the_closing_line_says_whether_the_gate_is_open(verdict, aborted, words):
    assert shown(row(verdict, result()), aborted=aborted)[-1].startswith(words)


def test_who_reads_learns_that_there_was_no_zap():
    lines = shown(row(Verdict.PASSED, result()), zap="ZAP off (no Java)", zap_level="off")
    assert "ZAP off (no Java): probes went straight to the target" in lines


def test_progress_is_plain_lines_without_a_terminal_and_silent_when_quiet():
    reporter = Reporter()
    with terminal.Progress(reporter) as progress:
        progress("PostgreSQL ready")
    assert reporter.written == "cmdbguard: PostgreSQL ready\n"

    reporter.written, reporter.verbosity = "", -1
    with terminal.Progress(reporter) as progress:
        progress("PostgreSQL ready")
    assert reporter.written == ""


def test_progress_works_without_a_reporter():
    with terminal.Progress(None) as progress:
        progress("nobody reads it")


def test_the_header_names_the_services_and_where_every_setting_came_from():
    environment = {
        "target": "refcmdb 0.1.0",
        "records": 100_000,
        "data": "snapshot",
        "services": "embedded",
        "postgres": "18.6",
        "redis": "Valkey 9.1.2",
        "zap": "ZAP off",
        "profile": "quick",
        "fault": "",
        "settings_from": {"records": "cmdbguard.toml", "zap": "command line", "select": "ini"},
    }
    assert terminal.header(Run(rows=(), environment=environment, timings={})) == (
        "cmdbguard: refcmdb 0.1.0, 100,000 devices (snapshot) · embedded PostgreSQL 18.6, "
        "Valkey 9.1.2, ZAP off · quick · from cmdbguard.toml: records · from command line: zap "
        "· from ini: select"
    )


def answered(standing, **alert):
    told = {"source": "ZAP 2.17.0", "name": "SQL", "risk": "high", "cwe": 89, "method": "GET"}
    return Answer(
        alert=Alert(**told | {"url": "http://h/x"} | alert),
        standing=standing,
        operation="GET /x",
        parameter="sort",
        because="b",
    )


def test_alerts_of_others_are_counted_in_one_line():
    answers = (answered(Standing.REFUTED), answered(Standing.UNREACHED, source="a.json"))
    lines = shown(row(Verdict.PASSED, result(answers=answers)))
    assert (
        "alerts of ZAP 2.17.0, a.json: 0 confirmed, 1 refuted, 1 unreached, 0 unconfirmed" in lines
    )


def test_an_alert_is_confirmed_by_a_finding_of_any_check_at_the_same_place():
    found = dataclasses.replace(FINDING, references=("CWE-89",))
    answers = (answered(Standing.UNCONFIRMED), answered(Standing.UNCONFIRMED, cwe=79))
    run = Run(
        rows=(row(Verdict.FAILED, result(findings=(found,), answers=answers)),),
        environment={},
        timings={},
    )
    assert [(a.standing, a.alert.cwe) for a in run.answers] == [
        (Standing.CONFIRMED, 89),
        (Standing.UNCONFIRMED, 79),
    ]
    assert run.answers[0].because == "CG-INJ-001: first line\nsecond line"
