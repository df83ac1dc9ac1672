"""Guessing, flooding and strange input are slowed down or refused, and written down."""

from __future__ import annotations

import json
import time

import pytest
import requests
from seeing import events, events_until

from refcmdb.middleware.security.limits import RateLimit, too_deep
from refcmdb.middleware.security.sanitising import sanitised
from refcmdb.middleware.security.toggles import Toggles
from refcmdb.variables import SettingsError, read


def log_in(server, username, password="wrong"):
    body = {"username": username, "password": password}
    return requests.post(f"{server.base}/api/v1/auth/login", json=body, timeout=5)


@pytest.fixture(scope="module")
def users(run_refcmdb, seeded_database, unique):
    """Names and passwords without end; a few are made at a time."""

    def made():
        while True:
            names = [unique("locked") for _ in range(4)]
            told = run_refcmdb("users", *names, "--tenant", "red", database_url=seeded_database)
            yield from json.loads(told.stdout).items()

    return made()


@pytest.fixture
def user(users):
    """One whom no other test has."""
    return next(users)


@pytest.mark.parametrize("redis", ["shared", "away"])
def test_right_password_is_refused_after_many_wrong_ones(start_server, user, unique, redis):
    away = {"redis_url": "unix:///no/such.sock", "ready": "/api/v1/openapi.json"}
    name, password = user
    with start_server(**(away if redis == "away" else {})) as server:
        assert log_in(server, name, password).status_code == 200
        assert [log_in(server, name).status_code for _ in range(11)] == [401] * 10 + [429]
        refused = log_in(server, name, password)
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["Retry-After"]) <= 300
        assert log_in(server, unique()).status_code == 401


def test_lock_is_the_same_for_users_that_do_not_exist(server, unique):
    name = unique("nobody")
    assert [log_in(server, name).status_code for _ in range(11)][-1] == 429


def test_success_before_the_limit_starts_counting_anew(server, user):
    name, password = user
    for _ in range(3):
        assert [log_in(server, name).status_code for _ in range(8)] == [401] * 8
        assert log_in(server, name, password).status_code == 200


def test_lock_ends(start_server, user):
    name, password = user
    environment = {"REFCMDB_LOGIN_LOCK": "2", "REFCMDB_LOGIN_FAILURES": "1"}
    with start_server(environment=environment) as server:
        assert [log_in(server, name).status_code for _ in range(2)] == [401, 429]
        time.sleep(2.1)
        assert log_in(server, name, password).status_code == 200


def test_caller_who_asks_too_much_waits_and_others_do_not(start_server):
    with start_server(environment={"REFCMDB_RATE_LIMIT": "60"}) as server:
        viewer, other = server.as_("viewer-red"), server.as_("viewer-blue")
        replies = [viewer.get("/devices/1") for _ in range(15)]
        assert [reply.status_code for reply in replies].count(200) in range(10, 13)
        assert replies[-1].status_code == 429
        assert int(replies[-1].headers["Retry-After"]) >= 1
        assert other.get("/tags").status_code == 200
        assert [e["event"] for e in events(server)].count("rate.limited") == 1


def test_instances_together_allow_no_more_than_one(start_server, redis_socket):
    limited = {"environment": {"REFCMDB_RATE_LIMIT": "60"}}
    url = f"unix://{redis_socket}?db=999"
    with (
        start_server(redis_url=url, **limited) as one,
        start_server(redis_url=url, **limited) as two,
    ):
        served = 0
        deadline = time.monotonic() + 4
        while time.monotonic() < deadline and served < 200:
            replies = [server.as_("viewer-red").get("/tags") for server in (one, two) * 8]
            served += sum(reply.status_code == 200 for reply in replies)
            time.sleep(0.3)
        assert served < 40


def test_bucket_of_no_limit_is_never_empty():
    limit = RateLimit(0)
    assert all(limit.take(b"x") is None for _ in range(1000))


def test_deep_bodies_are_refused(admin):
    deep = '{"name": ' + "[" * 40 + "]" * 40 + "}"
    headers = {"Content-Type": "application/json"}
    reply = admin("POST", "/tenants", data=deep, headers=headers)
    assert reply.status_code == 400
    assert "nests deeper" in reply.json()["detail"]


@pytest.mark.parametrize(
    ("raw", "deep"),
    [(b"[[[]]]", False), (b"[[[[]]]]", True), (b'["[[[[[["]', False), (b'"\\"[[[["', False)],
)
def test_nesting_counts_brackets_outside_of_strings(raw, deep):
    assert too_deep(raw, 3) is deep


def test_events_name_actor_object_and_time(server, user, unique):
    name, password = user
    seen = len(events(server))
    log_in(server, name)
    token = log_in(server, name, password).json()["token"]
    stranger = server.as_("operator-blue")
    stranger.get("/devices/1")
    stranger.get("/sites", q="' or 1=1")
    requests.post(
        f"{server.base}/api/v1/auth/logout",
        headers={"Authorization": f"Bearer {token}"},
        timeout=5,
    )
    server.as_("viewer-red").post("/tags", {"name": "x"})
    server.as_("admin").post("/tenants", {"name": unique()})
    found = events_until(server, "admin.action", seen=seen)
    told = {event["event"]: event for event in found}
    assert {
        *("login.failed", "login.ok", "object.refused", "input.suspicious"),
        *("token.revoked", "access.denied", "admin.action"),
    } <= set(told)
    assert told["login.failed"]["actor"] == name
    assert told["object.refused"]["object"] == "GET /api/v1/devices/1"
    assert "operator" in told["object.refused"]["actor"]
    assert all(event["at"].endswith("+00:00") and event["request_id"] for event in told.values())
    assert token not in server.log.read_text()
    assert password not in server.log.read_text()


@pytest.mark.parametrize(
    ("balancers", "believed"),
    [("", True), ("127.0.0.0/8", True), ("192.0.2.1,192.0.2.128/25", False)],
    ids=["default", "network", "elsewhere"],
)
def test_only_a_balancer_says_who_asks_and_how(start_server, user, balancers, believed):
    name, password = user
    headers = {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https"}
    form = {"username": name, "password": password}
    with start_server(environment={"REFCMDB_BALANCERS": balancers}) as server:
        answer = requests.post(
            f"{server.base}/login", data=form, headers=headers, allow_redirects=False, timeout=5
        )
        (event,) = events_until(server, "login.ok", seen=0)
    assert event["address"] == ("198.51.100.7" if believed else "127.0.0.1")
    cookie = answer.headers["Set-Cookie"]
    assert (cookie.startswith("__Host-"), "; Secure" in cookie) == (believed, believed)


def test_events_and_screening_can_be_switched_off(start_server):
    switches = {"REFCMDB_SECURITY_EVENTS": "off"}
    with start_server(environment=switches) as server:
        log_in(server, "x")
        assert events(server) == []


def test_event_lines_cannot_be_forged(server):
    seen = len(events(server))
    server.as_("operator-blue").get("/devices/%0A%7B%22event%22:1%7D%1B%5B2J%E2%80%A8y")
    (event,) = events_until(server, "object.refused", seen=seen)
    assert event["event"] == "object.refused"
    assert event["object"] == 'GET /api/v1/devices/\\n{"event":1}\\x1b[2J\\u2028y'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\r\nb\x1b[0m\x9b\u2028", "a\\r\\nb\\x1b[0m\\x9b\\u2028"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        ('{"password": "hunter2"}', '{"password": "***"}'),
        ("rcm_abcdefghijkl was used", "*** was used"),
        ("postgresql://u:pw@h/d", "postgresql://u:***@h/d"),
    ],
)
def test_log_texts_lose_control_characters_and_secrets(text, shown):
    assert sanitised(text) == shown


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("REFCMDB_RATE_LIMIT", "-1"),
        ("REFCMDB_LOGIN_FAILURES", "0"),
        ("REFCMDB_LOGIN_FAILURES_PER_ADDRESS", "many"),
        ("REFCMDB_LOGIN_LOCK", "1.5"),
        ("REFCMDB_NESTING_LIMIT", "501"),
        ("REFCMDB_SCREENING", "yes"),
        ("REFCMDB_SECURITY_EVENTS", "1"),
    ],
)
def test_wrong_toggle_stops_the_start(variable, value):
    with pytest.raises(SettingsError, match=variable):
        read(Toggles, {variable: value})
