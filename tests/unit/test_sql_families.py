from __future__ import annotations

import dataclasses

import pytest

from pytest_cmdbguard.campaigns.sql_families import first, second
from pytest_cmdbguard.probes.payloads import BEHIND, FULL


@dataclasses.dataclass
class Answer:
    status: int


@pytest.mark.parametrize("control", [None, Answer(status=422)], ids=["closed", "refused"])
def test_what_takes_no_text_gets_one_probe_behind_a_valid_value(control):
    assert first(control, (), writes=False, full=False) == ("behind",)
    assert set(BEHIND) < set(first(control, (), writes=False, full=True))


def test_what_was_taken_and_not_seen_gets_a_probe_for_every_kind_of_literal():
    assert {"mixed", "number"} <= set(first(Answer(status=200), (), writes=False, full=False))


def after(*, reached=(), accepted=(), proven=False, was_open=False, full=False):
    return second(
        reached=set(reached),
        accepted=set(accepted),
        proven=proven,
        was_open=was_open,
        full=full,
    )


def test_what_refused_everything_is_left_alone():
    assert after() == ()


def test_what_stayed_in_its_literal_behind_a_valid_value_is_left_alone():
    assert after(reached=["behind"], accepted=["behind"]) == ()


def test_the_full_profile_asks_on_wherever_something_came_through():
    assert set(after(reached=["behind"], full=True)) == set(FULL)
    assert after(full=True) == ()


def test_what_broke_out_behind_a_valid_value_is_asked_to_execute_there():
    assert set(after(reached=["behind"], proven=True)) == set(BEHIND)


def test_what_broke_out_of_its_own_text_gets_everything():
    assert set(after(reached=["mixed"], proven=True, was_open=True)) == set(FULL)


def test_a_text_that_was_let_through_without_a_valid_value_shows_that_more_may_be():
    assert set(after(accepted=["mixed"], full=True)) == set(FULL)


def test_breakers_that_were_refused_together_go_one_by_one():
    assert "quote" in after(accepted=["string"], was_open=True)
    assert after(reached=["mixed"], was_open=True) == ()
