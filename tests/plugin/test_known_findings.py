"""A finding is written down, accepted for a time, and shown for as long as it is there."""

from __future__ import annotations

import json

import pytest

BAD_NAME = """
import pytest
from pytest_cmdbguard import Severity, check


@check(
    id="OWN-NAME-001",
    criterion="own-rule",
    title="Names are good",
    severity=Severity.HIGH,
    remedy="Rename it.",
)
def test_names(evidence):
    {finding}


@pytest.mark.cmdbguard(criterion="own-rule")
def test_other():
    pass
"""
BASELINE = "cmdbguard-baseline.toml"


@pytest.mark.usefixtures("running_target", "own_rule")
def test_it_fails_until_it_is_accepted_and_is_reported_when_it_is_gone(pytester, sandbox):
    pytester.makepyfile(test_own=BAD_NAME.format(finding="evidence.finding('seen', sink='name')"))
    select = ("--cmdbguard-select", "own-rule", "--")
    written = sandbox.run("--cmdbguard-write-baseline", *select)
    assert written.ret == 1
    written.stdout.fnmatch_lines([f"cmdbguard: {BASELINE}: 1 new of 1 findings; fill in *"])
    unfilled = sandbox.run(*select)
    assert unfilled.ret == 1
    unfilled.stdout.fnmatch_lines(["baseline: 1 new, 1 without reason or owner *"])

    path = pytester.path / BASELINE
    path.write_text(path.read_text().replace("TODO", "ops"))
    accepted = sandbox.run(*select)
    assert (accepted.ret, accepted.parseoutcomes()["xfailed"]) == (0, 1)
    accepted.stdout.fnmatch_lines([
        '  baseline   known: "ops" (ops, until *',
        "own-rule * passed *1/2*findings in the baseline: 1",
        "baseline: 1 known",
    ])  # fmt: skip
    assert [one["state"] for one in sandbox.results()["findings"]] == ["known"]
    (result,) = json.loads((sandbox.report / "findings.sarif").read_text())["runs"][0]["results"]
    assert result["suppressions"] == [
        {"kind": "external", "justification": accepted_by(path, reason="ops")}
    ]

    pytester.makepyfile(test_own=BAD_NAME.format(finding="pass"))
    fixed = sandbox.run(*select)
    fixed.stdout.fnmatch_lines(["baseline: 1 fixed"])
    assert [one["check"] for one in sandbox.results()["baseline"]["fixed"]] == ["OWN-NAME-001"]


def accepted_by(path, *, reason):
    until = path.read_text().rpartition("until = ")[2].strip()
    return f'"{reason}" ({reason}, until {until})'


@pytest.mark.usefixtures("running_target", "own_rule")
def test_with_workers_it_is_known_as_well(pytester, sandbox):
    pytester.makepyfile(test_own=BAD_NAME.format(finding="evidence.finding('seen', sink='name')"))
    words = ("-n1", "--cmdbguard-select", "own-rule", "--")
    sandbox.run("--cmdbguard-write-baseline", *words)
    path = pytester.path / BASELINE
    path.write_text(path.read_text().replace("TODO", "ops"))
    assert sandbox.run(*words).ret == 0


def test_a_broken_one_is_one_clear_message(pytester, sandbox):
    pytester.path.joinpath(BASELINE).write_text("[[known]]\nfingerprint = 5\n")
    outcome = sandbox.run()
    assert outcome.ret == 4
    outcome.stderr.fnmatch_lines(["ERROR: baseline = 'known[[]1].fingerprint' * use a text"])
