"""What a browser lets a page of another origin do, by the target's headers."""

from __future__ import annotations

import pytest

from pytest_cmdbguard.campaigns.origins import carried, permits
from pytest_cmdbguard.model import Exchange
from pytest_cmdbguard.probes.cookies import SetCookie

ORIGIN = "https://forged.example"
NEIGHBOUR = "http://127.0.0.1:45871"
AGREED = {
    "access-control-allow-origin": ORIGIN,
    "access-control-allow-credentials": "true",
    "access-control-allow-methods": "GET, PATCH",
    "access-control-allow-headers": "Content-Type, x-trace",
}


def is_permitted(*, status=204, method="PATCH", headers=("content-type",), **told):
    answer = {name.replace("_", "-"): text for name, text in told.items()}
    exchange = Exchange(method="OPTIONS", url="", status=status, headers=AGREED | answer, body=b"")
    return permits(exchange, ORIGIN, method=method, headers=headers)


def test_a_preflight_that_names_all_permits_the_request():
    assert is_permitted()
    assert is_permitted(method="POST")
    assert is_permitted(headers=())


@pytest.mark.parametrize(
    "told",
    [
        {"status": 403},
        {"method": "DELETE"},
        {"method": "patch"},
        {"headers": ("content-type", "x-http-method-override")},
        {"access_control_allow_methods": "*"},
        {"access_control_allow_headers": "*"},
        {"access_control_allow_origin": "*"},
        {"access_control_allow_origin": "https://forged.example.org"},
        {"access_control_allow_credentials": ""},
    ],
)
def test_a_preflight_that_leaves_something_out_forbids_it(told):
    assert not is_permitted(**told)


@pytest.mark.parametrize(
    ("same_site", "origin", "by_link", "goes_along"),
    [
        ("lax", ORIGIN, False, False),
        ("lax", ORIGIN, True, True),
        ("strict", ORIGIN, True, False),
        ("none", ORIGIN, False, True),
        ("strict", NEIGHBOUR, False, True),
    ],
)
def test_cookies_go_along_by_same_site(same_site, origin, by_link, goes_along):
    cookie = SetCookie(name="session", value="x", attributes={"samesite": same_site})
    assert carried([cookie], origin, by_link=by_link) is goes_along
