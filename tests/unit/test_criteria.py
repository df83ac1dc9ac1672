"""The criteria table and what cmdbguard.toml may change in it."""

from __future__ import annotations

import datetime as dt

import pytest

from pytest_cmdbguard.criteria import TABLE, Criteria
from pytest_cmdbguard.errors import SettingsError
from pytest_cmdbguard.model import Verdict

TODAY = dt.date(2026, 11, 22)


def test_ids_are_unique_and_every_criterion_names_its_source():
    assert len({criterion.id for criterion in TABLE}) == len(TABLE)
    assert all(c.text and c.source.startswith(("hardening", "task-030")) for c in TABLE)


def test_a_threshold_is_laid_over_the_shipped_one():
    criteria = Criteria.load({"response-time": {"threshold": {"p95_s": 0.8}}}, today=TODAY)
    assert criteria.by_id["response-time"].threshold == {"p95_s": 0.8}
    assert criteria.by_id["response-time"].text.startswith("Response times")


def test_a_criterion_of_ones_own_comes_after_the_shipped_ones():
    criteria = Criteria.load({"naming": {"text": "Names follow the rule"}}, today=TODAY)
    assert list(criteria.by_id)[-1] == "naming"


def test_a_waiver_counts_until_its_date_and_no_longer():
    waiver = {"reason": "tape library in May", "owner": "ops", "until": TODAY}
    criteria = Criteria.load({"backup": {"waived": waiver}}, today=TODAY)
    assert criteria.rulings["backup"].verdict is Verdict.WAIVED
    assert criteria.rulings["backup"].reason == '"tape library in May" (ops, until 2026-11-22)'
    later = Criteria.load({"backup": {"waived": waiver}}, today=TODAY + dt.timedelta(days=1))
    assert "backup" not in later.rulings


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ({"x": {}}, ["criteria.x", "needs a text"]),
        ({"backup": {"txt": "y"}}, ["criteria.backup", "txt", "known keys"]),
        ({"backup": {"waived": {"reason": "r"}}}, ["owner", "until"]),
        ({"backup": "no"}, ["write a table"]),
        ({"Not Good": {"text": "t"}}, ["lower-case"]),
        ({"response-time": {"threshold": {"p99_s": 1}}}, ["p99_s", "p95_s"]),
        ({"response-time": {"threshold": {"p95_s": "fast"}}}, ["fast", "number above 0"]),
        ({"response-time": {"threshold": {"p95_s": 0}}}, ["number above 0"]),
    ],
)
def test_a_wrong_table_is_one_clear_error(tables, words):
    with pytest.raises(SettingsError) as error:
        Criteria.load(tables, today=TODAY)
    assert all(word in str(error.value) for word in words), str(error.value)
