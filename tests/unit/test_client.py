from __future__ import annotations

import io
import socket
import time

import pytest
from http_server import serving

from pytest_cmdbguard.errors import GuardError, ProxyGone, ServiceError
from pytest_cmdbguard.model import Actor, Operation
from pytest_cmdbguard.probes.client import Api

ACTORS = (
    Actor(name="red", role="operator", headers={"Authorization": "Bearer red-secret"}),
    Actor(name="blue", role="viewer", headers={"Authorization": "Bearer blue-secret"}),
)


@pytest.fixture
def server():
    with serving() as server:
        yield server


@pytest.fixture
def api(server):
    api = Api(server.url, ACTORS)
    yield api
    api.close()


@pytest.fixture
def dead_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def test_an_exchange_keeps_what_went_and_what_came(api, server):
    server.answer = lambda _: (422, {"X-Thing": "1"}, b"no")
    exchange = api.as_actor("red").post("/a", json={"b": "ü"}, tokens=["zq1"])
    assert (exchange.method, exchange.url) == ("POST", f"{server.url}/a")
    assert (exchange.status, exchange.headers["x-thing"], exchange.body) == (422, "1", b"no")
    assert (exchange.request_body, exchange.tokens) == (b'{"b": "\\u00fc"}', ("zq1",))
    assert exchange.actor is ACTORS[0]
    assert 0 < exchange.elapsed_s < 5


def test_every_actor_sends_its_own_credential_and_nobody_none(api, server):
    for name in ("red", "blue", None):
        api.as_actor(name).get("/")
    api.get("/")
    sent = [handler.headers.get("Authorization") for handler in server.asked]
    assert sent == ["Bearer red-secret", "Bearer blue-secret", None, None]


def test_credentials_are_not_kept_in_the_exchange(api):
    exchange = api.as_actor("red").get("/", headers={"X-Other": "kept"})
    assert "red-secret" not in repr(exchange)
    assert exchange.request_headers["x-other"] == "kept"


def test_cookies_of_one_actor_are_not_those_of_another(api, server):
    server.answer = lambda _: (200, {"Set-Cookie": "session=red"}, b"")
    api.as_actor("red").get("/")
    api.as_actor("red").get("/")
    api.as_actor("blue").get("/")
    assert [handler.headers.get("Cookie") for handler in server.asked] == [
        None,
        "session=red",
        None,
    ]


def test_nobody_keeps_no_cookie(api, server):
    server.answer = lambda _: (200, {"Set-Cookie": "session=red"}, b"")
    for _ in range(2):
        api.as_actor(None).get("/")
    assert [handler.headers.get("Cookie") for handler in server.asked] == [None, None]


def test_redirects_are_answers(api, server):
    server.answer = lambda _: (302, {"Location": "/elsewhere"}, b"")
    assert api.get("/").status == 302
    assert len(server.asked) == 1


def test_the_environment_has_no_say(api, monkeypatch, dead_port):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{dead_port}")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{dead_port}")
    assert api.get("/").status == 200


def test_values_are_sent_as_they_are(api, server):
    operation = Operation(id="x", method="PATCH", path="/devices/{id}/{name}")
    values = {
        ("path", "id"): "1' or/../%2e",
        ("path", "name"): 7,
        ("query", "q"): "a&b=c'\x00ü",
        ("query", "list"): ["x", 2],
        ("query", "absent"): None,
        ("query", "flag"): True,
        ("header", "X-Trace"): "t",
        ("cookie", "theme"): "dark",
        ("body", "/tags"): ["a"],
        ("body", "/tags/0"): "zq'",
    }
    exchange = api.send(operation, values)
    asked = server.asked[0]
    assert asked.path == (
        "/devices/1%27%20or%2F..%2F%252e/7?q=a%26b%3Dc%27%00%C3%BC&list=x&list=2&flag=true"
    )
    assert (asked.command, asked.body) == ("PATCH", b'{"tags": ["zq\'"]}')
    assert (asked.headers["X-Trace"], asked.headers["Cookie"]) == ("t", "theme=dark")
    assert exchange.url.endswith(asked.path)


def test_raw_bodies_overrule_values(api, server):
    operation = Operation(id="x", method="POST", path="/a")
    api.send(operation, {("body", "/a"): 1}, body=b"{")
    api.send(operation, {})
    api.send(operation, {("body", ""): None})
    assert [handler.body for handler in server.asked] == [b"{", b"", b"null"]
    assert [handler.headers.get("Content-Type") for handler in server.asked] == [
        "application/json",
        None,
        "application/json",
    ]


def test_a_path_parameter_without_value_is_said(api):
    with pytest.raises(
        GuardError, match=r"GET /a/\{id\}: there is no value for path parameter 'id'"
    ):
        api.send(Operation(id="x", method="GET", path="/a/{id}"), {})


def test_an_unknown_actor_is_said(api):
    with pytest.raises(GuardError, match="no actor is named 'green'; the target has: blue, red"):
        api.as_actor("green")


def test_a_target_that_is_gone_is_one_clear_error(dead_port):
    api = Api(f"http://127.0.0.1:{dead_port}", ())
    with pytest.raises(ServiceError, match=r"target: gave no answer to GET .*/x: Connection"):
        api.get("/x")


def test_a_target_that_does_not_answer_in_time_is_one_clear_error(server):
    server.answer = lambda _: time.sleep(0.3) or (200, {}, b"")
    api = Api(server.url, (), timeout_s=0.1)
    with pytest.raises(ServiceError, match=r"gave no answer to GET .* in 0\.1 s"):
        api.get("/")
    api.close()


def test_a_target_that_hangs_up_is_one_clear_error(server):
    def hang_up(handler):
        handler.connection.shutdown(socket.SHUT_RDWR)
        return 200, {}, b""

    server.answer = hang_up
    server.handle_error = lambda *_: None
    api = Api(server.url, ())
    with pytest.raises(ServiceError, match="gave no answer"):
        api.get("/")
    api.close()


def test_requests_go_through_the_proxy(server):
    api = Api("http://cmdb.invalid", (), proxy=server.url)
    assert api.get("/x?a=1").status == 200
    assert server.asked[0].path == "http://cmdb.invalid/x?a=1"
    api.close()


def test_a_proxy_that_is_gone_is_told_from_a_target_that_is_gone(dead_port):
    api = Api("http://127.0.0.1:1", (), proxy=f"http://127.0.0.1:{dead_port}")
    with pytest.raises(ProxyGone, match=f"proxy: http://127.0.0.1:{dead_port} gave no answer"):
        api.get("/")


def test_connections_are_kept(api, server):
    for _ in range(5):
        api.as_actor("red").get("/")
    assert server.connections == 1


def test_a_kept_connection_that_the_server_closes_is_no_failure_of_the_request(api, server):
    def hang_up_when_asked_again(handler):
        if vars(handler).setdefault("has_answered", False):
            handler.wfile, handler.close_connection = io.BytesIO(), True
        handler.has_answered = True
        return 200, {}, b"{}"

    server.answer = hang_up_when_asked_again
    assert [api.post("/a", body=b"1").status for _ in range(2)] == [200, 200]
    assert (len(server.asked), server.connections) == (3, 2)
