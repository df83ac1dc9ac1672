from __future__ import annotations

import re

import pytest

from pytest_cmdbguard.probes.payloads import (
    FULL,
    PROFILES,
    QUICK,
    fresh_token,
    sql_probe,
    sql_probes,
)


def test_tokens_are_fresh_and_start_so_that_no_quote_makes_another_literal_of_them():
    tokens = {fresh_token() for _ in range(1000)}
    assert len(tokens) == 1000
    assert all(re.fullmatch("zq[0-9a-z]{10}", token) for token in tokens)


@pytest.mark.parametrize("profile", PROFILES)
def test_every_probe_carries_two_tokens_of_its_own(profile):
    probes = sql_probes(profile)
    tokens = [token for probe in probes for token in probe.tokens]
    assert len(set(tokens)) == 2 * len(probes)
    assert all(token in probe.text for probe in probes for token in probe.tokens)
    assert not any(probe.destructive for probe in probes)


def test_the_control_comes_first_and_is_harmless():
    control = sql_probes("quick")[0]
    assert (control.family, control.text) == ("control", "".join(control.tokens))


def test_quick_is_part_of_full():
    assert QUICK.items() <= FULL.items()


def test_a_probe_can_stand_behind_a_value_that_the_point_takes():
    probe = sql_probe("behind-word", valid="name")
    assert probe.text.startswith("name,cmdbguard.tripwire(")
    assert all(token in probe.text for token in probe.tokens)


def test_one_family_can_be_sent_again():
    first, second = sql_probe("quote"), sql_probe("quote")
    assert first.family == second.family
    assert first.text != second.text
