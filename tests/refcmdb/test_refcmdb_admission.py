"""Who is not served: attackers by name, plain text, floods of one endpoint, and who never ends."""

from __future__ import annotations

import contextlib
import http.client
import socket
import time
from urllib.parse import urlsplit

import pytest
import requests
from seeing import events, events_until

from refcmdb.middleware.security.toggles import EndpointLimit, Toggles
from refcmdb.variables import SettingsError, read

HEAD = b"GET /health HTTP/1.1\r\nHost: x\r\n"
PATIENCE_S = 10


@pytest.fixture
def connected():
    """Plain connections, closed at the end."""
    with contextlib.ExitStack() as stack:

        def connect(server):
            parts = urlsplit(server.base)
            address = (parts.hostname, parts.port)
            return stack.enter_context(socket.create_connection(address, timeout=PATIENCE_S))

        yield connect


def is_ended(connection):
    """Whether the server ends the connection without a word."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def answered(connection, request):
    """The status of the answer, which is read to its end."""
    connection.sendall(request)
    response = http.client.HTTPResponse(connection)
    response.begin()
    response.read()
    return response.status


def test_programs_that_attack_by_name_are_refused(server):
    seen = len(events(server))
    agent = {"User-Agent": "SQLMap/1.9#dev"}
    refused = requests.get(f"{server.base}/api/v1/openapi.json", headers=agent, timeout=5)
    assert (refused.status_code, refused.headers["X-Frame-Options"]) == (403, "DENY")
    (event,) = events_until(server, "agent.refused", seen=seen)
    assert event["detail"] == "SQLMap/1.9#dev"
    assert requests.get(f"{server.base}/api/v1/openapi.json", timeout=5).status_code == 200


@pytest.mark.parametrize(("agents", "status"), [("off", 200), ("curl, Nikto", 403), ("x", 200)])
def test_which_programs_those_are_can_be_set(start_server, agents, status):
    with start_server(environment={"REFCMDB_REFUSED_AGENTS": agents}) as server:
        headers = {"User-Agent": "nikto"}
        assert requests.get(f"{server.base}/", headers=headers, timeout=5).status_code == status


def test_with_https_only_nobody_but_balancers_asks_in_plain_text(start_server):
    only = {"REFCMDB_HTTPS_ONLY": "on", "REFCMDB_BALANCERS": "127.0.0.1"}
    with start_server(environment=only) as server:
        address = f"{server.base}/api/v1/openapi.json"
        assert requests.get(f"{server.base}/health", timeout=5).status_code == 200
        plain = requests.get(address, timeout=5)
        assert (plain.status_code, plain.headers["Content-Type"]) == (
            403,
            "application/problem+json",
        )
        secure = {"X-Forwarded-Proto": "https"}
        assert requests.get(address, headers=secure, timeout=5).status_code == 200
        assert [event["event"] for event in events(server)] == ["transport.refused"]


def test_endpoints_have_limits_of_their_own(start_server):
    limits = {"REFCMDB_RATE_LIMIT_ENDPOINTS": "GET /api/v1/tags=60, * /api/v1/tenants/=30"}
    with start_server(environment=limits) as server:
        viewer, other = server.as_("viewer-red"), server.as_("viewer-blue")
        tags = [viewer.get("/tags").status_code for _ in range(15)]
        assert tags.count(200) in range(10, 13)
        assert viewer.get("/tags").headers["Retry-After"] == "1"
        tenants = [viewer.get("/tenants/1").status_code for _ in range(10)]
        assert tenants.count(200) in range(5, 7)
        assert viewer.get("/devices/1").status_code == 200
        assert other.get("/tags").status_code == 200


def test_who_does_not_end_the_head_of_a_request_is_ended(start_server, connected):
    with start_server(environment={"REFCMDB_HEAD_TIMEOUT": "1"}) as server:
        silent, slow, again = connected(server), connected(server), connected(server)
        assert answered(again, HEAD + b"\r\n") == 200
        began = time.monotonic()
        for connection in (slow, again):
            connection.sendall(HEAD)
        time.sleep(0.7)
        slow.sendall(b"X-More: 1\r\n")
        assert all(map(is_ended, (silent, slow, again)))
        assert 0.5 < time.monotonic() - began < PATIENCE_S
        told = [event for event in events(server) if event["event"] == "request.slow"]
        assert len(told) == 2  # who says nothing at all is a browser that connects in advance
        assert "after 1 s" in told[0]["detail"]
        assert requests.get(f"{server.base}/health", timeout=5).status_code == 200


def test_a_kept_connection_may_rest_between_requests(start_server, connected):
    with start_server(environment={"REFCMDB_HEAD_TIMEOUT": "1"}) as server:
        connection = connected(server)
        for pause_s in (0, 1.5):
            time.sleep(pause_s)
            assert answered(connection, HEAD + b"\r\n") == 200


def test_a_head_without_end_is_not_kept(server, connected):
    connection, seen = connected(server), len(events(server))
    connection.sendall(HEAD + b"X-Long: ")
    with contextlib.suppress(OSError):
        for _ in range(200):
            connection.sendall(b"x" * 4096)
    assert is_ended(connection)
    (event,) = events_until(server, "request.large", seen=seen)
    assert "65536 bytes" in event["detail"]


def test_who_does_not_end_the_body_is_told_and_ended(start_server, connected):
    with start_server(environment={"REFCMDB_BODY_TIMEOUT": "1"}) as server:
        connection = connected(server)
        token = server.tokens["operator-red"]
        head = (
            f"POST /api/v1/sites HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
            "Content-Type: application/json\r\nContent-Length: 50\r\n\r\n{"
        )
        assert answered(connection, head.encode()) == 408
        assert [event["event"] for event in events(server)] == ["request.slow"]


def test_one_connection_too_many_is_ended_and_the_others_are_served(start_server, connected):
    with start_server(environment={"REFCMDB_CONNECTIONS": "3"}) as server:
        served = [connected(server) for _ in range(3)]
        for connection in served:
            assert answered(connection, HEAD + b"\r\n") == 200
        assert is_ended(connected(server))
        assert answered(served[0], HEAD + b"\r\n") == 200
        served.pop().close()
        events_until(server, "connection.refused", seen=0)
        assert answered(connected(server), HEAD + b"\r\n") == 200


def test_security_headers_can_be_left_to_a_balancer(start_server):
    with start_server(environment={"REFCMDB_SECURITY_HEADERS": "off"}) as server:
        assert "X-Frame-Options" not in requests.get(f"{server.base}/", timeout=5).headers


def test_size_of_bodies_is_a_setting(start_server, device_body):
    body = device_body(comments="x" * 3000)
    with start_server(environment={"REFCMDB_BODY_LIMIT": "2048"}) as server:
        answer = server.as_("operator-red").post("/devices", body)
        assert (answer.status_code, "2048 bytes" in answer.text) == (413, True)
        assert server.as_("operator-red").post("/devices", device_body()).status_code == 201


@pytest.mark.parametrize(("csrf", "statuses"), [("on", (403, 403)), ("off", (303, 201))])
def test_csrf_protection_is_a_setting(start_server, csrf, statuses, unique):
    with start_server(environment={"REFCMDB_CSRF": csrf}) as server, requests.Session() as browser:
        name = "operator-red"
        form = {"username": name, "password": server.passwords[name]}
        login = f"{server.base}/login"
        foreign = {"Origin": "https://elsewhere.example"}
        told = browser.post(
            login, data=form, headers=foreign, allow_redirects=False, timeout=PATIENCE_S
        )
        browser.post(login, data=form, allow_redirects=False, timeout=PATIENCE_S)
        body = {"name": unique(), "region": "EU"}
        made = browser.post(f"{server.base}/api/v1/sites", json=body, timeout=PATIENCE_S)
        assert (told.status_code, made.status_code) == statuses


@pytest.mark.parametrize(("sanitising", "line_end"), [("on", r"\n"), ("off", "\n")])
def test_one_line_for_a_record_is_a_setting(start_server, sanitising, line_end):
    environment = {"REFCMDB_LOG_SANITISING": sanitising}
    failing = ("--fault", "validation-filter-unchecked")
    with start_server(*failing, environment=environment) as server:
        assert server.as_("admin").get("/tags", name="\0").status_code == 500
        assert f"failed{line_end}Traceback (most recent call last)" in server.log.read_text()


def test_limits_of_endpoints_are_read():
    (first, second) = read(
        Toggles, {"REFCMDB_RATE_LIMIT_ENDPOINTS": "POST /a=5, * /b/=7"}
    ).endpoint_limits
    assert first == EndpointLimit(method="POST", path="/a", per_minute=5)
    assert (second.concerns("GET", "/b/c"), second.concerns("GET", "/b")) == (True, False)
    assert (first.concerns("POST", "/a"), first.concerns("GET", "/a")) == (True, False)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("REFCMDB_SECURITY_HEADERS", "no"),
        ("REFCMDB_HTTPS_ONLY", "true"),
        ("REFCMDB_REFUSED_AGENTS", "curl,,x"),
        ("REFCMDB_RATE_LIMIT_ENDPOINTS", "post /a=5"),
        ("REFCMDB_RATE_LIMIT_ENDPOINTS", "POST /a=0"),
        ("REFCMDB_RATE_LIMIT_ENDPOINTS", "POST /a=5,"),
        ("REFCMDB_HEAD_TIMEOUT", "-1"),
        ("REFCMDB_BODY_TIMEOUT", "0"),
        ("REFCMDB_BODY_LIMIT", "1000"),
        ("REFCMDB_CSRF", "yes"),
        ("REFCMDB_LOG_SANITISING", "0"),
        ("REFCMDB_CONNECTIONS", "many"),
    ],
)
def test_wrong_toggle_stops_the_start(variable, value):
    with pytest.raises(SettingsError, match=variable):
        read(Toggles, {variable: value})
