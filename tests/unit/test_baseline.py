"""What is known stays visible and does not fail; what is new, expired or unexplained does."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from pytest_cmdbguard.baseline import FILE, Baseline, State
from pytest_cmdbguard.errors import SettingsError
from pytest_cmdbguard.model import CheckResult, Finding, Outcome, Severity

TODAY = dt.date(2026, 11, 22)
FINDING = Finding(
    check="CG-INJ-001",
    criterion="sql-injection",
    severity=Severity.HIGH,
    title="t",
    operation="GET /x",
    location="query",
    parameter='so"rt\x7f',
    sink="sql",
    proof="p",
    remedy="r",
)
OTHER = dataclasses.replace(FINDING, parameter="q")


def result(*findings, check="CG-INJ-001", outcome=None):
    seen = Outcome.FAILED if findings else Outcome.PASSED
    return CheckResult(
        nodeid="n",
        check=check,
        criterion="sql-injection",
        title="t",
        outcome=outcome or seen,
        findings=findings,
    )


@pytest.fixture
def path(tmp_path):
    return tmp_path / FILE


def load(path, today=TODAY):
    return Baseline.load(path, today=today)


def written(path, *findings):
    """The file as it is written, with its gaps filled in."""
    baseline = load(path)
    baseline.write(findings, baseline.balance([result(*findings)], narrowed=False))
    path.write_text(path.read_text().replace("TODO", "bought"))


def test_no_file_is_an_empty_baseline(path):
    assert load(path).state(FINDING) is State.NEW


def test_what_is_written_does_not_count_before_somebody_answers_for_it(path):
    baseline = load(path)
    assert baseline.write([FINDING], baseline.balance([result(FINDING)], narrowed=False)) == 1
    again = load(path)
    assert again.state(FINDING) is State.NEW
    assert [entry.parameter for entry in again.balance([], narrowed=False).unfilled] == [
        'query so"rt\x7f'
    ]


def test_a_filled_entry_excuses_its_finding_until_its_day(path):
    written(path, FINDING)
    last = load(path).entries[FINDING.fingerprint].until
    assert load(path, last).state(FINDING) is State.KNOWN
    assert load(path, last + dt.timedelta(days=1)).state(FINDING) is State.EXPIRED


def test_one_new_finding_among_known_ones_is_not_excused(path):
    written(path, FINDING)
    baseline = load(path)
    assert baseline.excuses([FINDING])
    assert not baseline.excuses([FINDING, OTHER])
    assert not baseline.excuses([])


@pytest.mark.parametrize(
    ("results", "narrowed", "fixed", "unlooked"),
    [
        ([result()], False, 1, 0),
        ([result()], True, 0, 1),
        ([result(check="CG-HDR-001")], False, 0, 1),
        ([result(outcome=Outcome.NOT_VERIFIED)], False, 0, 1),
        ([result(FINDING)], False, 0, 0),
    ],
)
def test_fixed_is_only_what_was_looked_for(path, results, narrowed, fixed, unlooked):
    written(path, FINDING)
    balance = load(path).balance(results, narrowed=narrowed)
    assert (len(balance.fixed), len(balance.unlooked)) == (fixed, unlooked)


def test_writing_again_keeps_reasons_adds_what_is_new_and_drops_what_is_fixed(path):
    gone = dataclasses.replace(FINDING, parameter="gone")
    written(path, FINDING, gone)
    baseline = load(path)
    run = [result(FINDING, OTHER)]
    assert baseline.write([FINDING, OTHER], baseline.balance(run, narrowed=False)) == 1
    reasons = {print_: entry.reason for print_, entry in load(path).entries.items()}
    assert reasons == {FINDING.fingerprint: "bought", OTHER.fingerprint: "TODO"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("known = 5", ["[[known]]"]),
        ("else = 1", ["else", "[[known]]"]),
        ("[[known]]", ["known[1].fingerprint", "16 digits"]),
        ('[[known]]\nfingerprint = "0123456789abcdef"', ["known[1].until", "2027-05-31"]),
        ('[[known]]\nreasn = "x"', ["known[1].reasn", "keys are"]),
        ("[[known]]\nreason = 5", ["known[1].reason", "text"]),
        ("[[", ["not readable TOML"]),
        ('[[known]]\nfingerprint = "0123456789abcdef"\nuntil = 2026-01-01\n' * 2, ["twice"]),
    ],
)
def test_a_broken_file_is_one_clear_error(path, text, words):
    path.write_text(text)
    with pytest.raises(SettingsError) as error:
        load(path)
    assert all(word in str(error.value) for word in [FILE, *words]), str(error.value)
