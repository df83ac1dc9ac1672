"""What ``[target.protection]`` may say."""

import pytest

from pytest_cmdbguard.errors import SettingsError
from pytest_cmdbguard.targets import Protection
from pytest_cmdbguard.targets.protection import protection


def test_without_a_table_nothing_is_known():
    assert protection(None) == Protection()
    assert protection(None).requests == 0


def test_what_is_told_is_known():
    told = protection(
        {
            "requests": 50,
            "within_s": 5,
            "environment": {"LIMIT": "50"},
            "events": {"login_failed": "failed for {actor}$"},
            "partner": "127.0.0.2",
            "partner_environment": {"EGRESS": "127.0.0.2"},
        }
    )
    assert (told.requests, told.within_s) == (50, 5)
    assert told.environment == {"LIMIT": "50"}
    assert (told.partner, told.partner_environment) == ("127.0.0.2", {"EGRESS": "127.0.0.2"})
    assert told.events == {"login_failed": "failed for {actor}$"}


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ([], "target.protection"),
        ({"request": 1}, "target.protection.request.*known keys"),
        ({"requests": "many"}, "target.protection.requests.*whole number"),
        ({"requests": True}, "target.protection.requests.*whole number"),
        ({"partner": "10.0.0.1"}, "target.protection.partner.*loopback"),
        ({"partner": "127.0.0.1"}, "target.protection.partner.*loopback"),
        ({"partner": 7}, "target.protection.partner.*loopback"),
        ({"partner_environment": "x"}, "target.protection.partner_environment.*texts"),
        ({"environment": {"A": 1}}, "target.protection.environment.*texts"),
        ({"events": {"log_in": "x"}}, "target.protection.events.log_in.*known events"),
        ({"events": {"login_failed": "("}}, "events.login_failed.*no regular expression"),
    ],
)
def test_a_wrong_table_names_its_key(table, words):
    with pytest.raises(SettingsError, match=words):
        protection(table)
