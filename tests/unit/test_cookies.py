"""Set-Cookie as browsers read it."""

import pytest

from pytest_cmdbguard.model import Exchange
from pytest_cmdbguard.probes.cookies import set_cookies, weaknesses


def cookies(header):
    headers = {"set-cookie": header} if header else {}
    return set_cookies(
        Exchange(method="POST", url="http://h/", status=200, headers=headers, body=b"")
    )


def test_cookies_joined_by_commas_are_told_apart_from_dates():
    found = cookies("a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Path=/, b=2; HttpOnly")
    assert [(cookie.name, cookie.value) for cookie in found] == [("a", "1"), ("b", "2")]
    assert found[0].attributes["path"] == "/"
    assert "httponly" in found[1].attributes


def test_an_answer_without_the_header_sets_nothing():
    assert cookies("") == ()


@pytest.mark.parametrize("header", ["a=", "a=; Max-Age=0", "a=x; max-age=0", "a=x; Max-Age=-1"])
def test_a_cookie_that_is_taken_away_is_known(header):
    (cookie,) = cookies(header)
    assert cookie.ends


def test_a_kept_cookie_does_not_end():
    (cookie,) = cookies("a=x; Max-Age=600")
    assert not cookie.ends


@pytest.mark.parametrize(
    ("header", "https", "rules"),
    [
        ("s=x; httponly; SAMESITE=Strict", False, []),
        ("__Host-s=x; Path=/; Secure; HttpOnly; SameSite=Lax", True, []),
        ("s=x; SameSite=Lax", False, ["HttpOnly"]),
        ("s=x; HttpOnly", False, ["SameSite"]),
        ("s=x; HttpOnly; SameSite=None", False, ["SameSite"]),
        ("s=x; HttpOnly; SameSite=Lax", True, ["Secure"]),
        ("s=x; HttpOnly; SameSite=Lax; Domain=example.com", False, ["Domain"]),
        ("__Host-s=x; Path=/ui; Secure; HttpOnly; SameSite=Lax", True, ["prefix"]),
        ("__Secure-s=x; HttpOnly; SameSite=Lax", False, ["prefix"]),
    ],
)
def test_weaknesses_by_rule(header, https, rules):
    (cookie,) = cookies(header)
    assert [rule for rule, _ in weaknesses(cookie, https=https)] == rules
