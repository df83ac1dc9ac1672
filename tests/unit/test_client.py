from __future__ import annotations

import contextlib
import io
import socket
import threading
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


def test_headers_and_body_arrive_in_one_piece():
    pieces = []

    def serve(server):
        connection, _ = server.accept()
        with connection:
            pieces.append(connection.recv(65536))
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, args=[server])
        thread.start()
        api = Api(f"http://127.0.0.1:{server.getsockname()[1]}", ())
        assert api.post("/a", json={"b": 1}).status == 204
        thread.join()
        api.close()
    assert pieces[0].startswith(b"POST /a HTTP/1.1\r\n")
    assert pieces[0].endswith(b'\r\n\r\n{"b": 1}')


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


@pytest.mark.parametrize("actor", ["red", None])
def test_no_cookie_is_kept(api, server, actor):
    server.answer = lambda _: (200, {"Set-Cookie": "session=red"}, b"")
    for _ in range(2):
        api.as_actor(actor).get("/")
    assert [handler.headers.get("Cookie") for handler in server.asked] == [None, None]


def test_own_headers_replace_those_of_the_actor_in_whatever_case(api, server):
    api.as_actor("red").get("/", headers={"AUTHORIZATION": "other", "user-agent": "mine"})
    (handler,) = server.asked
    sent = {(name, value) for name, value in handler.headers.items()}
    assert {("AUTHORIZATION", "other"), ("user-agent", "mine")} <= sent
    assert "red-secret" not in str(sent)


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


@pytest.mark.parametrize(("length", "is_told"), [(100, False), (20_000, True)])
def test_a_connection_closed_on_a_long_url_is_an_answer(length, is_told):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        api = Api(f"http://127.0.0.1:{listener.getsockname()[1]}", ())
        thread = threading.Thread(target=_close_every_connection, args=(listener,), daemon=True)
        thread.start()
        if is_told:
            exchange = api.get("/a", query={"q": "x" * length})
            assert (exchange.status, exchange.body) == (0, b"")
            assert exchange.cut.startswith("the connection was closed on a URL of 20,0")
        else:
            with pytest.raises(ServiceError):
                api.get("/a", query={"q": "x" * length})
        api.close()


@pytest.mark.parametrize(
    "drop", [b"X", b"HTTP/1.1 100 Continue\r\n\r\n"], ids=["headers", "continue"]
)
@pytest.mark.parametrize("patience_s", [0, 5])
def test_an_answer_that_never_quite_begins_is_not_waited_for(drop, patience_s):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        api = Api(url, (), timeout_s=0.4, patience_s=patience_s)
        thread = threading.Thread(target=_drip, args=(listener, drop), daemon=True)
        thread.start()
        started = time.monotonic()
        if patience_s:
            assert (api.get("/").status, api.get("/").cut) == (0, "no answer in 0.4 s")
        else:
            with pytest.raises(ServiceError, match=r"gave no answer to GET .* in 0\.4 s"):
                api.get("/")
        assert time.monotonic() - started < 3
        api.close()


def _drip(listener, drop):
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                connection.sendall(b"HTTP/1.1 200 OK\r\n" if len(drop) == 1 else b"")
                while True:
                    connection.sendall(drop)
                    time.sleep(0.02)


def _close_every_connection(listener):
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            connection.recv(100_000)
            connection.close()


def test_headers_of_one_name_are_joined():
    answer = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_answer_once, args=(listener, answer))
        thread.start()
        api = Api(f"http://127.0.0.1:{listener.getsockname()[1]}", ())
        assert api.get("/").headers["set-cookie"] == "a=1, b=2"
        thread.join()
        api.close()


def _answer_once(listener, answer):
    connection, _ = listener.accept()
    with connection:
        connection.recv(100_000)
        connection.sendall(answer)
