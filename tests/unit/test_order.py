from __future__ import annotations

import datetime as dt

import pytest

from pytest_cmdbguard.collection import Selection
from pytest_cmdbguard.criteria import Criteria


class Item:
    """As much of a pytest item as the order is made of."""

    def __init__(self, check, part, *fixtures, alone=False):
        self.name = check
        self.nodeid, self.fixturenames = f"{check}[{part}]", fixtures
        self._mark = pytest.mark.cmdbguard(id=check, criterion="xss", alone=alone).mark

    def get_closest_marker(self, name):
        return self._mark if name == "cmdbguard" else None


def ordered(items, *, side_by_side):
    selection = Selection((), Criteria.load({}, today=dt.date(2026, 1, 1)))
    selection.narrow(items)
    selection.order(items, side_by_side=side_by_side)
    return " ".join(item.nodeid.split("[")[0] for item in items)


@pytest.fixture
def items():
    parts = [Item("part", n, "zap") for n in range(6)]
    whole = [Item("page", 0, "zap"), Item("script", 0, "zap")]
    timed, last, first = (
        Item("timed", 0, alone=True),
        Item("last", 0, "suspicions"),
        Item("first", 0),
    )
    return [*parts, *whole, timed, last, first]


def test_what_must_run_alone_and_what_rests_on_the_others_comes_last(items):
    told = ordered(items, side_by_side=False)
    assert told == "first part part part part part part page script timed last"


def test_workers_get_what_takes_long_between_the_others(items):
    told = ordered(items, side_by_side=True)
    assert told == "first page part part script part part part part timed last"
