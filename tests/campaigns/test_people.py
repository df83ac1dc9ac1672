"""People log in, and pages of other origins act in their name or do not."""

import pytest

from pytest_cmdbguard.campaigns import forged_pages
from pytest_cmdbguard.campaigns.forgery import Forgery
from pytest_cmdbguard.campaigns.origins import Origins, foreign_origins, lets_read
from pytest_cmdbguard.campaigns.people import People
from pytest_cmdbguard.model import Exchange
from pytest_cmdbguard.probes.cookies import SetCookie


def people_of(place):
    operations = tuple(place.operations.values())
    login = place.target.login
    return People(place.api, operations, place.surroundings, place.cast, login, proxy=None)


@pytest.fixture
def people(cmdb):
    everybody = people_of(cmdb)
    yield everybody
    everybody.close()


def test_the_cookie_that_opens_the_session_is_known(people):
    assert [cookie.name for cookie in people.needed] == ["refcmdb_session"]
    assert "devices_list" in {operation.id for operation, _ in people.opened}


def test_a_person_has_nothing_but_the_cookie(people):
    assert set(people.first.actor.headers) == {"Cookie"}
    assert people.first.actor.password == ""
    assert people.other.actor.name != people.first.actor.name


def test_no_foreign_origin_reads_the_sound_target(cmdb, people):
    found = list(Origins(people, cmdb.surroundings).readable())
    assert found
    assert not any(read.exchange for read in found)


def test_foreign_origins_are_none_of_the_targets():
    origins = foreign_origins("http://127.0.0.1:8000").values()
    assert "http://127.0.0.1:8000" not in origins
    assert "http://127.0.0.1.forged.example" in origins


@pytest.mark.parametrize(
    ("allowed", "credentials", "reads"),
    [
        ("https://a.example", "true", True),
        ("https://a.example", "", False),
        ("https://a.example", "True", False),
        ("*", "true", False),
        ("https://b.example", "true", False),
    ],
)
def test_only_both_headers_let_a_page_read(allowed, credentials, reads):
    headers = {
        "access-control-allow-origin": allowed,
        "access-control-allow-credentials": credentials,
    }
    answer = Exchange(method="GET", url="http://h/", status=200, headers=headers, body=b"")
    assert lets_read(answer, "https://a.example") is reads


def forgery_of(place, people):
    operations = [place.operations["device_comment"]]
    return Forgery(people, operations, place.surroundings, place.rows, {})


def test_the_sound_target_obeys_no_forged_request(cmdb, people):
    forgery = forgery_of(cmdb, people)
    sent = forgery.sent()
    assert {forged.way for forged in sent} == {"a form", "a link"}
    assert [is_open for _, is_open in forgery.opened(sent)] == [True]
    assert list(forgery.obeyed(sent, None)) == []


def test_a_forged_request_that_wrote_a_row_is_obeyed(faulty):
    place = faulty("csrf-comment-unchecked")
    people = people_of(place)
    forgery = forgery_of(place, people)
    (obeyed,) = forgery.obeyed(forgery.sent(), None)
    assert obeyed.row.table in {"devices", "changes"}
    assert obeyed.forged.origin == "http://127.0.0.1:45871"  # the only one a Lax cookie goes with
    people.close()


@pytest.mark.parametrize(
    ("method", "media", "body", "made"),
    [
        ("GET", "", b"", "location.href"),
        ("POST", "application/x-www-form-urlencoded", b"a=%3C", 'name="a" value="&lt;"'),
        ("POST", "text/plain", b'{"a": 1}', '"credentials": "include"'),
    ],
)
def test_a_page_sends_the_same_request_again(method, media, body, made):
    exchange = Exchange(
        method=method,
        url="http://h/x",
        request_headers={"content-type": media},
        request_body=body,
        status=200,
        headers={},
        body=b"",
    )
    page = forged_pages.page_for(exchange, exchange.url, body.decode())
    assert made in page
    assert "http://h/x" in page


def test_a_cookie_without_same_site_is_what_chromium_takes_it_for():
    cookie = SetCookie(name="s", value="v", attributes={"httponly": "", "path": "/ui"})
    (kept,) = forged_pages.browser_cookies([cookie], "http://127.0.0.1:8000")
    assert (kept["sameSite"], kept["path"], kept["httpOnly"]) == ("Lax", "/ui", True)
