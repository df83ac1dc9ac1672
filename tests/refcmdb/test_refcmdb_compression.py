"""Answers are compressed by what the caller accepts, and never where that tells a secret."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import json
import random
import urllib.parse

import brotli
import pytest
import zstandard
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from refcmdb.api.openapi import document
from refcmdb.middleware.compression import LARGE_BYTES, CompressionMiddleware
from refcmdb.middleware.compression.negotiation import chosen
from refcmdb.middleware.compression.settings import Compression
from refcmdb.monitoring.figures import RequestFigures
from refcmdb.variables import SettingsError, read

OPENED = {
    "zstd": lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body),
    "br": brotli.decompress,
    "gzip": gzip.decompress,
    None: bytes,
}
OFFERED = ("zstd", "br", "gzip")


def get(server, path: str, accepted: str | None, user: str | None = "operator-red", **headers):
    """What really comes over the wire: answer and raw body."""
    if accepted is not None:
        headers["Accept-Encoding"] = accepted
    if user:
        headers["Authorization"] = f"Bearer {server.tokens[user]}"
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(server.base).netloc, timeout=30)
    connection.putrequest("GET", path, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


LIST = "/api/v1/devices?limit=50"


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip, br", "br"),
        ("gzip", "gzip"),
        ("br;q=0.5, gzip;q=0.9", "gzip"),
        ("zstd;q=0, br;q=0, *", "gzip"),
        ("identity", None),
        ("", None),
        (None, None),
    ],
)
def test_list_comes_in_the_coding_that_was_asked_for(server, accepted, coding):
    plain = json.loads(get(server, LIST, None)[1])
    answer, body = get(server, LIST, accepted)
    assert answer.headers["Content-Encoding"] == coding
    assert json.loads(OPENED[coding](body)) == plain
    assert int(answer.headers["Content-Length"]) == len(body)
    assert "Accept-Encoding" in ", ".join(answer.headers.get_all("Vary"))
    assert answer.headers["ETag"].endswith(f'-{coding}"') is bool(coding)


def test_answer_that_the_caller_has_in_another_coding_is_not_sent_again(server):
    tag = get(server, LIST, "br")[0].headers["ETag"]
    answer, body = get(server, LIST, "gzip", **{"If-None-Match": tag})
    assert (answer.status, body) == (304, b"")
    assert "Accept-Encoding" in ", ".join(answer.headers.get_all("Vary"))


def test_small_answer_stays_as_it_is(server):
    answer, body = get(server, "/health", "zstd, br, gzip", user=None)
    assert answer.headers["Content-Encoding"] is None
    assert json.loads(body)["status"] == "ok"


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        ("*", "zstd"),
        ("*;q=0", "identity"),
        ("identity;q=0, gzip;q=0.1", "gzip"),
        ("gzip;q=0", "identity"),
        ("identity, br;q=0.2", "identity"),
        ("BR;Q=1", "br"),
        ("gzip;q=nan, br;q=2, zstd;q=-1", "identity"),
        ("deflate, compress", "identity"),
        (";;,=,q", "identity"),
        ("gzip;q=0.001", "gzip"),
    ],
)
def test_negotiation_follows_weights(header, coding):
    assert chosen(header, OFFERED) == coding


SECRET_FIELDS = {"token", "secret", "password", "snmp_community", "csrf_token"}


def operations_with_secrets() -> set[str]:
    """The operations whose answers have a field that is a secret, by the document."""
    told = document()
    schemas = told["components"]["schemas"]

    def fields(schema: dict) -> set[str]:
        name = schema.get("$ref", "").rpartition("/")[2]
        return set(schemas.get(name, schema).get("properties", {}))

    return {
        operation["operationId"]
        for methods in told["paths"].values()
        for verb, operation in methods.items()
        if verb in {"get", "post", "patch", "delete"}
        for answer in operation["responses"].values()
        for content in answer.get("content", {}).values()
        if fields(content["schema"]) & SECRET_FIELDS
    }


def test_operations_that_answer_with_a_secret_are_those_that_are_tested_here():
    assert operations_with_secrets() == {"auth_login", "credentials_reveal"}


@pytest.fixture
def eager(start_server):
    """A server that compresses whatever it may, however small."""
    with start_server(environment={"REFCMDB_COMPRESSION_MIN_SIZE": "0"}) as server:
        yield server


def test_answers_with_secrets_are_never_compressed(eager):
    every = {"Accept-Encoding": "zstd, br, gzip"}
    red = eager.as_("operator-red")
    login = {"username": "operator-red", "password": eager.passwords["operator-red"]}
    body = {"device_id": 1, "name": "console", "username": "root", "secret": "s" * 400}
    number = red.post("/credentials", body).json()["id"]
    token = red("POST", "/auth/login", json=login, headers=every)
    revealed = red("GET", f"/credentials/{number}/secret", headers=every)
    red.delete(f"/credentials/{number}")
    assert revealed.json()["secret"] == "s" * 400
    for answer in (token, revealed):
        assert answer.status_code == 200
        assert "Content-Encoding" not in answer.headers
        assert "no-transform" in answer.headers["Cache-Control"]
    assert red("GET", "/devices", headers=every).headers["Content-Encoding"] == "zstd"


def test_pages_with_a_csrf_token_are_never_compressed(eager):
    with eager.browser_of("operator-red") as browser:
        for path in ("/ui/devices?q=core", "/ui/devices/1", "/login"):
            page = browser.get(eager.base + path, headers={"Accept-Encoding": "zstd, br, gzip"})
            assert page.status_code == 200
            assert len(page.content) > 500
            assert "Content-Encoding" not in page.headers
            assert "no-transform" in page.headers["Cache-Control"]


def brotli_figures(server) -> dict:
    told = json.loads(get(server, "/api/v1/performance/metrics", "identity")[1])["compression"]
    return next((one for one in told if one["coding"] == "br"), NOTHING)


NOTHING = {"answers": 0, "before_bytes": 0, "after_bytes": 0}


def test_ratios_are_counted(eager):
    plain, before = len(get(eager, LIST, None)[1]), brotli_figures(eager)
    small = len(get(eager, LIST, "br")[1])
    after = brotli_figures(eager)
    added = {name: after[name] - before[name] for name in NOTHING}
    assert added == {"answers": 1, "before_bytes": plain, "after_bytes": small}
    assert plain / small > 3
    assert after["ratio"] == after["before_bytes"] / after["after_bytes"]


def test_compression_can_be_switched_off_and_told_what_to_do(start_server):
    with start_server(environment={"REFCMDB_COMPRESSION": "off"}) as server:
        assert get(server, LIST, "gzip")[0].headers["Content-Encoding"] is None
    only = {
        "REFCMDB_COMPRESSION_LEVELS": "gzip=9",
        "REFCMDB_COMPRESSION_MIN_SIZE": "1",
        "REFCMDB_COMPRESSION_TYPES": "text/html",
    }
    with start_server(environment=only) as server:
        assert get(server, LIST, "gzip")[0].headers["Content-Encoding"] is None
        assert get(server, "/", "br, gzip")[0].headers["Content-Encoding"] == "gzip"


class Application:
    """The middleware around answers of all kinds, without a server."""

    def __init__(self, **settings) -> None:
        self.figures = RequestFigures()
        routes = [Route(f"/{name}", make) for name, make in ANSWERS.items()]
        self._app = CompressionMiddleware(
            Starlette(routes=routes), settings=Compression(**settings), figures=self.figures
        )

    def __call__(self, path: str, coding: str, *, method: str = "GET") -> tuple[dict, list[bytes]]:
        """The headers and the parts of the body."""
        sent = []

        async def receive() -> None:
            await asyncio.Event().wait()  # the caller stays

        async def send(message: dict) -> None:
            sent.append(message)

        headers = [(b"accept-encoding", coding.encode())]
        scope = {"type": "http", "method": method, "path": path, "headers": headers}
        asyncio.run(self._app(scope | {"query_string": b"", "root_path": ""}, receive, send))
        told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return told, [message["body"] for message in sent[1:]]


NOISE = random.Random(1).randbytes(LARGE_BYTES).hex()


async def stream(_request):
    async def parts():
        for number in range(3):
            yield f"part {number} " * 200

    return StreamingResponse(parts(), media_type="text/plain", headers={"ETag": '"strong"'})


async def large(_request):
    return PlainTextResponse(NOISE)


async def ready(_request):
    return Response(b"x" * 900, media_type="text/plain", headers={"Content-Encoding": "br"})


async def picture(_request):
    return Response(b"x" * 900, media_type="image/png")


async def cookie(_request):
    answer = PlainTextResponse("x" * 900)
    answer.set_cookie("session", "secret")
    return answer


async def part(_request):
    return PlainTextResponse("x" * 900, status_code=206)


ANSWERS = {each.__name__: each for each in (stream, large, ready, picture, cookie, part)}


@pytest.mark.parametrize("coding", OFFERED)
def test_stream_can_be_read_part_by_part(coding):
    application = Application()
    headers, parts = application("/stream", coding)
    assert headers["content-encoding"] == coding
    assert headers["etag"] == f'"strong-{coding}"'
    assert "content-length" not in headers
    assert OPENED[coding](b"".join(parts)).decode().count("part 2") == 200
    counted = application.figures.compressed[coding]
    assert (counted.before_bytes, counted.after_bytes) == (4200 * 1, sum(map(len, parts)))
    # What has been sent can be read before the rest comes.
    if coding == "zstd":
        first = zstandard.ZstdDecompressor().decompressobj().decompress(parts[0])
        assert first.decode() == "part 0 " * 200


@pytest.mark.parametrize("coding", OFFERED)
def test_large_body_is_compressed_whole(coding):
    headers, parts = Application()("/large", coding)
    assert OPENED[coding](b"".join(parts)).decode() == NOISE
    assert int(headers["content-length"]) == len(b"".join(parts)) < len(NOISE)


@pytest.mark.parametrize("path", ["/ready", "/picture", "/cookie", "/part"])
def test_what_must_not_change_stays_as_it_is(path):
    application = Application()
    headers, parts = application(path, "gzip")
    assert headers.get("content-encoding") == ("br" if path == "/ready" else None)
    assert b"".join(parts) == b"x" * 900
    assert application.figures.compressed == {}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("REFCMDB_COMPRESSION", "gzip"),
        ("REFCMDB_COMPRESSION_MIN_SIZE", "-1"),
        ("REFCMDB_COMPRESSION_LEVELS", "zstd"),
        ("REFCMDB_COMPRESSION_LEVELS", "zstd=20"),
        ("REFCMDB_COMPRESSION_LEVELS", "deflate=1"),
        ("REFCMDB_COMPRESSION_LEVELS", "br=9,gzip=0"),
        ("REFCMDB_COMPRESSION_TYPES", "json"),
    ],
)
def test_wrong_compression_setting_is_named(variable, value):
    with pytest.raises(SettingsError, match=variable):
        read(Compression, {variable: value})


def test_preferred_coding_comes_first():
    settings = read(Compression, {"REFCMDB_COMPRESSION_LEVELS": "gzip=6, zstd=3"})
    assert list(settings.levels.items()) == [("gzip", 6), ("zstd", 3)]
    assert chosen("gzip, zstd, br", tuple(settings.levels)) == "gzip"
