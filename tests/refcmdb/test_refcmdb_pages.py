"""People log in with a browser, find devices, read their sheets and write comments."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
import requests

HTML = {"Accept": "text/html"}


@pytest.fixture
def browse(server):
    """Opens browsers: sessions that keep cookies and follow no redirect."""
    opened = []

    def visit(method, path, **options):
        options = {"headers": HTML, "allow_redirects": False, "timeout": 15} | options
        return opened[-1].request(method, server.base + path, **options)

    def log_in(user="operator-red", **fields):
        opened.append(requests.Session())
        form = {"username": user, "password": server.passwords[user]} | fields
        return visit, visit("POST", "/login", data=form)

    yield log_in
    for session in opened:
        session.close()


def csrf_token(page):
    return re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]


def test_stranger_is_sent_to_the_log_in_and_back(server, browse):
    asked = requests.get(
        server.base + "/ui/devices?q=core", headers=HTML, allow_redirects=False, timeout=15
    )
    assert asked.status_code == 303
    assert asked.headers["Location"] == "/login?next=%2Fui%2Fdevices%3Fq%3Dcore"
    page = requests.get(server.base + asked.headers["Location"], timeout=15)
    assert 'value="/ui/devices?q=core"' in page.text
    visit, done = browse(next="/ui/devices?q=core")
    assert (done.status_code, done.headers["Location"]) == (303, "/ui/devices?q=core")
    assert visit("GET", "/ui/devices?q=core").status_code == 200


def test_session_cookie_is_for_the_browser_alone(browse):
    _, done = browse()
    cookie = done.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


def test_session_is_stored_as_a_hash(browse, postgres, seeded_database):
    _, done = browse()
    text = done.cookies["refcmdb_session"]
    database = urlsplit(seeded_database).path[1:]
    rows = postgres.execute("SELECT sessions::text FROM sessions", database=database)
    assert rows
    assert not any(text in row for (row,) in rows)


def test_log_in_makes_a_new_session_and_ends_the_old_one(browse, server):
    visit, first = browse()
    old = first.cookies["refcmdb_session"]
    form = {"username": "viewer-red", "password": server.passwords["viewer-red"]}
    again = visit("POST", "/login", data=form)
    assert again.cookies["refcmdb_session"] != old
    assert visit("GET", "/ui/devices", cookies={"refcmdb_session": old}).status_code == 303


def test_wrong_password_shows_the_form_again(browse):
    _, done = browse(password="wrong")
    assert done.status_code == 401
    assert "Set-Cookie" not in done.headers
    assert "the username or the password is wrong" in done.text


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "https:evil", "/\t/evil", "x"],
)
def test_log_in_leads_nowhere_else(browse, elsewhere):
    _, done = browse(next=elsewhere)
    assert done.headers["Location"] == "/ui/devices"


def test_page_of_another_origin_does_not_log_anybody_in(server):
    form = {"username": "operator-red", "password": server.passwords["operator-red"]}
    headers = {"Origin": "http://127.0.0.1:1"}
    done = requests.post(server.base + "/login", data=form, headers=headers, timeout=15)
    assert done.status_code == 403


def test_log_out_ends_the_session(browse):
    visit, done = browse()
    token = csrf_token(visit("GET", "/ui/devices"))
    assert visit("POST", "/logout", data={"csrf_token": "wrong"}).status_code == 403
    assert visit("POST", "/logout", data={"csrf_token": token}).status_code == 303
    kept = {"refcmdb_session": done.cookies["refcmdb_session"]}
    assert visit("GET", "/ui/devices", cookies=kept).status_code == 303


def test_sheet_shows_comments_as_text_and_web_addresses_as_links(browse, red, device_body):
    comments = "<b>bold</b> https://wiki.example/x javascript:alert(1)"
    device = red.post("/devices", device_body(comments=comments)).json()
    visit, _ = browse()
    page = visit("GET", f"/ui/devices/{device['id']}").text
    assert "&lt;b&gt;bold&lt;/b&gt;" in page
    assert '<a href="https://wiki.example/x"' in page
    assert 'href="javascript:' not in page


def test_comment_needs_the_token_of_the_own_session(browse, red, device_body):
    path = f"/ui/devices/{red.post('/devices', device_body()).json()['id']}"
    visit, _ = browse("viewer-red")
    other = csrf_token(visit("GET", "/ui/devices"))
    visit, _ = browse()
    own = csrf_token(visit("GET", path))
    for token in ("", other, "wrong", "\N{SNOWMAN}"):
        form = {"comments": "mine", "csrf_token": token}
        assert visit("POST", f"{path}/comments", data=form).status_code == 403
    done = visit("POST", f"{path}/comments", data={"comments": "mine\r\ntwo", "csrf_token": own})
    assert (done.status_code, done.headers["Location"]) == (303, path)
    assert red.get(path.replace("/ui", "")).json()["comments"] == "mine\ntwo"


def test_comment_is_written_within_the_tenant_by_who_may(browse, red, device_body):
    path = f"/ui/devices/{red.post('/devices', device_body()).json()['id']}"
    for user, status in (("viewer-red", 403), ("operator-blue", 404)):
        visit, _ = browse(user)
        token = csrf_token(visit("GET", "/ui/devices"))
        form = {"comments": "mine", "csrf_token": token}
        assert visit("POST", f"{path}/comments", data=form).status_code == status
        assert visit("GET", path).status_code == (200 if user == "viewer-red" else 404)


def test_session_serves_the_json_interface_with_the_token(browse, device_body):
    visit, _ = browse()
    assert visit("GET", "/api/v1/devices").status_code == 200
    assert visit("POST", "/api/v1/devices", json=device_body()).status_code == 403
    headers = {"X-CSRF-Token": csrf_token(visit("GET", "/ui/devices"))}
    assert visit("POST", "/api/v1/devices", json=device_body(), headers=headers).ok


def test_bearer_token_needs_no_csrf_token(red, device_body):
    path = f"//ui/devices/{red.post('/devices', device_body()).json()['id']}"
    done = red("POST", f"{path}/comments", data={"comments": "x"}, allow_redirects=False)
    assert done.status_code == 303
    assert "csrf_token" not in red("GET", path).text


def test_search_shows_what_was_searched_as_text(browse):
    visit, _ = browse()
    page = visit("GET", "/ui/devices", params={"q": '"><script>x</script>'})
    assert page.status_code == 200
    assert "<script>x" not in page.text
    assert visit("GET", "/ui/devices", params={"q": "co"}).text.count("at least three") == 1
    assert "core-" in visit("GET", "/ui/devices", params={"q": "core-"}).text


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("comments=a&comments=b", "application/x-www-form-urlencoded", 422),
        ("other=a", "application/x-www-form-urlencoded", 422),
        ("comments=%ff", "application/x-www-form-urlencoded", 400),
        ("&&", "application/x-www-form-urlencoded", 400),
        ('{"comments": "a"}', "application/json", 415),
        ('{"comments": "a"}', "text/plain", 415),
    ],
)
def test_bad_forms_are_refused(red, body, kind, status):
    done = red("POST", "//ui/devices/1/comments", data=body, headers={"Content-Type": kind})
    assert done.status_code == status


def test_only_the_script_with_the_nonce_may_run(browse, red, device_body):
    path = f"/ui/devices/{red.post('/devices', device_body()).json()['id']}"
    visit, _ = browse()
    policies = {visit("GET", path).headers["Content-Security-Policy"] for _ in range(2)}
    assert len(policies) == 2  # never the same nonce
    assert all("script-src 'nonce-" in policy for policy in policies)
    page = visit("GET", path)
    nonce = re.search(r"'nonce-([^']+)'", page.headers["Content-Security-Policy"])[1]
    assert page.text.count(f'<script nonce="{nonce}">') == page.text.count("<script") == 1


def test_other_origins_read_nothing_unless_they_are_named(start_server, server):
    named = "https://noc.example.com"
    refused = ("null", named + ".evil.example", "https://evil" + named[8:], named.upper())
    with start_server(environment={"REFCMDB_CORS_ORIGINS": named}) as open_server:
        for base, origin, allowed in [
            (server.base, named, None),
            *((open_server.base, origin, None) for origin in refused),
            (open_server.base, named, named),
        ]:
            reply = requests.get(base + "/health", headers={"Origin": origin}, timeout=15)
            assert reply.headers.get("Access-Control-Allow-Origin") == allowed
            assert "Origin" in reply.headers["Vary"]
        asked = {"Origin": named, "Access-Control-Request-Method": "PATCH"}
        reply = requests.options(open_server.base + "/api/v1/devices/1", headers=asked, timeout=15)
        assert reply.status_code == 204
        assert "PATCH" in reply.headers["Access-Control-Allow-Methods"]
        reply = requests.options(server.base + "/api/v1/devices/1", headers=asked, timeout=15)
        assert reply.status_code == 405


def test_passwords_are_given_to_all_or_to_nobody(run_refcmdb, new_database, seeded):
    url = new_database(template=seeded.database)
    done = run_refcmdb("passwords", "admin", "nobody", database_url=url, check=False)
    assert done.returncode == 1
    assert "there is no user 'nobody'" in done.stderr
