"""Servers that are hostile, broken or busy: what the client makes of their answers."""

from __future__ import annotations

import gzip
import itertools
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from http_server import serving

from pytest_cmdbguard.errors import ServiceError
from pytest_cmdbguard.probes import answers
from pytest_cmdbguard.probes.client import Api

MIB = 1024 * 1024


@pytest.fixture
def server():
    with serving() as server:
        server.handle_error = lambda *_: None
        yield server


@pytest.fixture
def make_api(server):
    made = []

    def make(**options):
        made.append(Api(server.url, (), **options))
        return made[-1]

    yield make
    for api in made:
        api.close()


def test_a_huge_answer_is_read_up_to_a_limit(server, make_api):
    piece = b"x" * MIB

    def huge(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(40 * MIB))
        handler.end_headers()
        for _ in range(40):
            handler.wfile.write(piece)
        return 200, {}, b""

    server.answer = huge
    exchange = make_api().get("/")
    assert exchange.status == 200
    assert answers.LARGEST_BYTES < len(exchange.body) < 20 * MIB
    assert exchange.cut == "it is larger than 16 MiB"


def test_a_compressed_bomb_is_unpacked_up_to_a_limit(server, make_api):
    bomb = gzip.compress(b"\0" * (200 * MIB), compresslevel=1)
    server.answer = lambda _: (200, {"Content-Encoding": "gzip"}, bomb)
    exchange = make_api().get("/")
    assert len(bomb) < MIB
    assert len(exchange.body) < 20 * MIB
    assert exchange.cut == "it is larger than 16 MiB"


def test_a_bomb_in_a_bomb_is_unpacked_up_to_the_same_limit(server, make_api):
    inner = gzip.compress(b"\0" * (200 * MIB), compresslevel=1)
    bomb = gzip.compress(inner)
    server.answer = lambda _: (200, {"Content-Encoding": "gzip, gzip"}, bomb)
    exchange = make_api().get("/")
    assert len(bomb) < 10_000
    assert len(exchange.body) < 20 * MIB
    assert exchange.cut == "it is larger than 16 MiB"


def test_an_encoding_that_nobody_knows_leaves_the_answer_as_it_came(server, make_api):
    server.answer = lambda _: (200, {"Content-Encoding": "x-own"}, b"packed")
    exchange = make_api().get("/")
    assert (exchange.body, exchange.cut) == (b"packed", "")


def test_a_text_that_is_not_encoded_as_it_says_is_kept_as_bytes(server, make_api):
    told = {"Content-Type": "application/json; charset=utf-8"}
    server.answer = lambda _: (200, told, b'{"name": "\xff\xfe"}')
    exchange = make_api().get("/")
    assert (exchange.body, exchange.cut) == (b'{"name": "\xff\xfe"}', "")


def test_an_endless_answer_ends_when_its_time_is_up(server, make_api):
    ended = threading.Event()

    def endless(handler):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        while not ended.wait(0.02):
            handler.wfile.write(b"1\r\nx\r\n")
            handler.wfile.flush()
        return 200, {}, b""

    server.answer = endless
    began = time.monotonic()
    exchange = make_api(timeout_s=0.3).get("/")
    ended.set()
    assert time.monotonic() - began < 5
    assert (exchange.status, exchange.cut) == (200, "it did not end in time")
    assert exchange.body.startswith(b"xx")


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_an_answer_that_is_not_encoded_as_it_says_is_kept_with_that_remark(
    server, make_api, encoding
):
    server.answer = lambda _: (200, {"Content-Encoding": encoding}, b"not at all")
    exchange = make_api().get("/")
    assert (exchange.status, exchange.body) == (200, b"")
    assert exchange.cut == f"it is not {encoding}, as it says"


def test_an_answer_that_breaks_off_is_kept_as_far_as_it_came(server, make_api):
    def breaks_off(handler):
        handler.close_connection = True
        return 200, {"Content-Length": "100"}, b"half"

    server.answer = breaks_off
    exchange = make_api().get("/")
    assert (exchange.status, exchange.body) == (200, b"half")
    assert exchange.cut.startswith("the connection broke")


def test_whole_answers_are_not_cut_and_keep_their_connection(server, make_api):
    packed = gzip.compress(b"a" * MIB)
    server.answer = lambda _: (200, {"Content-Encoding": "gzip"}, packed)
    api = make_api()
    exchanges = [api.get("/") for _ in range(3)]
    assert {(len(exchange.body), exchange.cut) for exchange in exchanges} == {(MIB, "")}
    assert server.connections == 1


def busy(times, headers):
    counter = itertools.count()
    return lambda _: (429, headers, b"slow down") if next(counter) < times else (200, {}, b"{}")


def test_a_busy_target_is_asked_again_when_it_says_so(server, make_api):
    server.answer = busy(2, {"Retry-After": "0"})
    assert make_api(patience_s=1).get("/").status == 200
    assert len(server.asked) == 3


def test_who_has_no_patience_sees_the_refusal(server, make_api):
    server.answer = busy(1, {"Retry-After": "0.01"})
    assert make_api().get("/").status == 429


def test_a_target_that_wants_too_much_patience_is_not_waited_for(server, make_api):
    server.answer = busy(1, {"Retry-After": "3600"})
    began = time.monotonic()
    assert make_api(patience_s=5).get("/").status == 429
    assert time.monotonic() - began < 2


def test_a_wait_is_measured_by_the_server_clock_and_never_negative():
    day, hour = "Sun, 06 Nov 1994", "08:49:37 GMT"
    told = {"date": f"{day} {hour}", "retry-after": f"{day} 08:49:40 GMT"}
    assert answers.retry_after_s(told) == 3.0
    assert answers.retry_after_s(told | {"date": f"Mon, 07 Nov 1994 {hour}"}) == 0.0
    assert answers.retry_after_s({"retry-after": "soon"}) == 1.0
    assert answers.retry_after_s({}) == 1.0


class Late(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def test_a_target_that_restarts_is_waited_for():
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        place = reserved.getsockname()

    def start():
        with HTTPServer(place, Late) as restarted:
            restarted.handle_request()

    api = Api(f"http://127.0.0.1:{place[1]}", (), patience_s=10)
    later = threading.Timer(0.3, start)
    later.start()
    assert api.get("/").status == 204
    later.join()
    api.close()


def test_a_target_that_stays_away_is_one_clear_error():
    api = Api("http://127.0.0.1:1", (), patience_s=0.3)
    with pytest.raises(ServiceError, match=r"gave no answer to GET http://127\.0\.0\.1:1/"):
        api.get("/")


def test_a_target_that_hangs_costs_a_few_waits_and_then_the_run_is_told(server, make_api):
    released = threading.Event()
    server.answer = lambda _: released.wait(5) and (200, {}, b"")
    api = make_api(timeout_s=0.1, patience_s=1)
    hung = [api.get("/") for _ in range(3)]
    assert {(exchange.status, exchange.cut) for exchange in hung} == {(0, "no answer in 0.1 s")}
    with pytest.raises(ServiceError, match="gave no answer"):
        api.get("/")
    released.set()
