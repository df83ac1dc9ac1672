"""Bodies of every kind: what is sent, what a server reads of it, and the line that repeats it."""

from __future__ import annotations

import base64
import csv
import dataclasses
import io
import json
import re
import subprocess
import zipfile
from xml.etree import ElementTree as ET

import pytest
from http_server import serving
from python_multipart import parse_form

from pytest_cmdbguard import curl
from pytest_cmdbguard.model import Actor, Exchange, Operation
from pytest_cmdbguard.probes.cells import cells
from pytest_cmdbguard.probes.client import Api
from pytest_cmdbguard.probes.contents import cell_points, content
from pytest_cmdbguard.probes.document import operations
from pytest_cmdbguard.probes.points import injection_points, place
from pytest_cmdbguard.probes.surroundings import Surroundings

HEAD = {"alg": "HS256", "kid": "1"}
TOKEN = (
    base64.urlsafe_b64encode(json.dumps(HEAD, separators=(",", ":")).encode()).decode().rstrip("=")
    + ".eyJzdWIiOiJyZWQifQ.c2lnbmF0dXJl"
)
RED = Actor(name="red", role="operator", headers={"Authorization": f"Bearer {TOKEN}"})
KEY = Actor(name="key", role="operator", headers={"X-Key": "k-secret", "Cookie": "s=c-secret"})
POST = Operation(id="x", method="POST", path="/x")
HOSTILE = "a'b\"c\\d$HOME`id`!\té"


@pytest.fixture
def server():
    with serving() as server:
        yield server


@pytest.fixture
def api(server):
    api = Api(server.url, (RED, KEY))
    yield api.as_actor("red")
    api.close()


def parts(asked):
    """The parts of a multipart body, as a server's parser sees them."""
    found = {}
    parse_form(
        {name: value.encode() for name, value in asked.headers.items()},
        io.BytesIO(asked.body),
        lambda field: found.update({field.field_name.decode(): field.value}),
        lambda file: found.update(
            {file.field_name.decode(): (file.file_name, file.file_object.getvalue())}
        ),
    )
    return found


def test_form_fields_are_sent_as_a_browser_would(api, server):
    api.send(POST, {("form", "user"): "zq'&", ("form", "tags"): ["a", "b"], ("form", "no"): None})
    (asked,) = server.asked
    assert asked.body == b"user=zq%27%26&tags=a&tags=b"
    assert asked.headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_files_are_sent_with_name_and_type(api, server):
    values = {
        ("multipart", "note"): "zq'",
        ("multipart", "file"): b"\x00\xff",
        ("multipart", "file filename"): "../zq\r\n.png",
        ("multipart", "file type"): "image/png",
    }
    api.send(POST, values)
    (asked,) = server.asked
    assert parts(asked) == {"note": b"zq'", "file": (b"../zq  .png", b"\x00\xff")}
    assert b"Content-Type: image/png\r\n" in asked.body


def test_a_document_is_the_whole_body_under_its_media_type(api, server):
    api.send(POST, {("content", "text/csv"): "a,b\r\n"})
    api.send(POST, {("content", "image/*"): b"\x89"})
    assert [asked.body for asked in server.asked] == [b"a,b\r\n", b"\x89"]
    assert [asked.headers["Content-Type"] for asked in server.asked] == ["text/csv", "image/png"]


def test_json_is_announced_as_the_document_says(api, server):
    operation = Operation(
        id="x", method="PATCH", path="/x", body={}, body_media="application/merge-patch+json"
    )
    api.send(operation, {("body", "/a"): 1})
    assert server.asked[0].headers["Content-Type"] == "application/merge-patch+json"


def test_headers_are_sent_in_what_a_field_can_hold(api, server):
    api.send(POST, {("header", "X-A"): " a\r\nb\x00c", ("header", "X-B"): "ж"})
    headers = server.asked[0].headers
    assert (headers["X-A"], headers["X-B"].encode("latin-1").decode()) == ("a  b c", "ж")


def test_fields_of_a_token_are_changed_and_its_rest_stays_secret(api, server):
    exchange = api.send(POST, {("jwt", "kid"): "zq'"})
    head, _, rest = server.asked[0].headers["Authorization"].removeprefix("Bearer ").partition(".")
    assert json.loads(base64.urlsafe_b64decode(head + "==")) == HEAD | {"kid": "zq'"}
    assert rest == TOKEN.partition(".")[2]
    assert rest not in repr(exchange)
    assert exchange.request_headers["authorization"] == f"Bearer {head}.${{CMDBGUARD_RED#*.}}"


def test_cookies_are_added_to_those_of_the_actor(api, server):
    exchange = api.as_actor("key").send(POST, {("cookie", "theme"): "zq'"})
    assert server.asked[0].headers["Cookie"] == "s=c-secret; theme=zq'"
    assert exchange.request_headers["cookie"] == "$CMDBGUARD_KEY_2; theme=zq'"
    assert "secret" not in repr(exchange)


REPEATED = {
    "json": {("body", "/a"): HOSTILE, ("query", "q"): HOSTILE},
    "form": {("form", "a"): HOSTILE},
    "at": {("content", "text/plain"): "@/etc/hostname"},
    "multipart": {("multipart", "f"): HOSTILE, ("multipart", "f filename"): HOSTILE},
    "binary": {("content", "application/octet-stream"): bytes(range(1, 256))},
    "zip": {("content", "application/zip"): content("application/zip", {})},
    "header": {("header", "Referer"): HOSTILE, ("cookie", "theme"): HOSTILE},
    "jwt": {("jwt", "kid"): HOSTILE},
    "nothing": {},
}


@pytest.mark.parametrize("kind", REPEATED)
@pytest.mark.parametrize("actor", ["red", "key", None])
def test_the_line_for_the_shell_sends_the_same_request_again(api, server, kind, actor):
    exchange = api.as_actor(actor).send(POST, REPEATED[kind])
    line = curl.line(exchange)
    assert "secret" not in line
    assert TOKEN not in line
    variables = {
        "CMDBGUARD_RED": TOKEN,
        "CMDBGUARD_KEY": "k-secret",
        "CMDBGUARD_KEY_2": "s=c-secret",
    }
    subprocess.run(
        ["sh", "-c", line], env={"PATH": "/usr/bin:/bin", **variables}, check=True, timeout=10,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    first, again = server.asked
    assert (again.command, again.path, again.body) == (first.command, first.path, first.body)
    automatic = {"User-Agent", "Accept", "Accept-Encoding", "Connection", "Content-Length", "Host"}
    told = {name.lower(): value for name, value in first.headers.items() if name not in automatic}
    assert {n.lower(): v for n, v in again.headers.items() if n not in automatic} == told


def created(body, **more):
    return Exchange(
        method="POST", url="http://h/", request_body=body, status=201, headers={}, body=b"", **more
    )


@pytest.mark.parametrize(
    ("body", "again"),
    [
        (b'{"name": "site-1a2b3c4d"}', r'{"name": "site-\d{8}"}'),
        (b"name,serial\r\na-1a2b3c4d,b-1a2b3c4d\r\n", r"name,serial\r\na-(\d{8}),b-\1\r\n"),
        (b'{"prefix": "10.3.4.0/24"}', r'{"prefix": "10\.\d+\.\d+\.0/24"}'),
        (b'{"prefix": "10.3.0.0/16"}', r'{"prefix": "10\.\d+\.0\.0/16"}'),
        (b'{"address": "10.3.4.5"}', r'{"address": "10\.\d+\.\d+\.5"}'),
    ],
)
def test_what_was_created_is_named_anew_in_the_line(body, again):
    first, second = (printed(created(body)) for _ in range(2))
    assert re.fullmatch(again, first)
    assert re.fullmatch(again, second)
    assert first != second


def test_tokens_are_made_anew_save_those_that_name_what_is_there():
    token = "zq0123456789"
    body = f'{{"a": "{token}\'", "b": "file:///srv/{token}/x", "c": "%2f{token}"}}'.encode()
    again = printed(created(body, tokens=(token,)))
    assert re.fullmatch(body.decode().replace(token, r"zq\d{10}", 1), again)
    assert token not in again.partition("b")[0]


def test_a_number_is_one_of_its_range():
    body = b'{"vid": 17, "number": 17}'
    line = created(body, chosen=(("vid", 17, 10, 12),))
    numbers = {json.loads(printed(line))["vid"] for _ in range(20)}
    assert numbers <= {10, 11, 12}
    assert len(numbers) > 1
    assert json.loads(printed(line))["number"] == 17


@pytest.mark.parametrize("change", [{"status": 409}, {"method": "PATCH"}])
def test_what_created_nothing_is_repeated_as_it_was(change):
    exchange = dataclasses.replace(created(b'{"name": "site-1a2b3c4d"}'), **change)
    assert "n=" not in curl.line(exchange)
    assert "site-1a2b3c4d" in curl.line(exchange)


def printed(exchange):
    """The body that a line sends: ``curl`` tells its last word, or what it is told to read."""
    telling = """curl() { for w; do :; done; [ "$w" = @- ] && cat || printf %s "$w"; }; """
    finished = subprocess.run(
        ["sh", "-c", telling + curl.line(exchange)], check=True, timeout=10, capture_output=True
    )
    return finished.stdout.decode()


def test_contents_are_valid_documents_of_their_type():
    rows = {"type": "array", "items": {"properties": {"name": {"type": "string"}, "vid": {}}}}
    assert list(csv.reader(io.StringIO(content("text/csv", rows)))) == [
        ["name", "vid"],
        ["probe", "probe"],
    ]
    assert json.loads(content("application/yaml", {"const": [1]})) == [1]
    device = {"properties": {"name": {"type": "string"}}, "required": ["name"]}
    assert ET.fromstring(content("application/xml", device)).findtext("name") == "probe"
    assert zipfile.ZipFile(io.BytesIO(content("application/zip", {}))).testzip() is None
    assert content("image/png", {}).startswith(b"\x89PNG")
    assert content("text/x-config", {"examples": ["hostname a\n"]}) == "hostname a\n"


UPLOAD = {
    "openapi": "3.1.0",
    "paths": {
        "/files": {
            "post": {
                "requestBody": {
                    "content": {
                        "multipart/form-data": {
                            "schema": {
                                "type": "object",
                                "required": ["file", "note"],
                                "properties": {"file": {}, "note": {"type": "string"}},
                            },
                            "encoding": {"file": {"contentType": "image/png, text/csv"}},
                        },
                        "application/x-www-form-urlencoded": {
                            "schema": {"properties": {"a": {"type": "string", "example": "b"}}},
                        },
                        "text/csv": {"example": "name\r\ncore\r\n"},
                    }
                }
            }
        }
    },
}


def test_surroundings_fill_the_kind_of_body_that_the_probe_lies_in(api):
    (operation,) = operations(UPLOAD, where="x")
    assert operation.body is None
    surroundings = Surroundings(api, (operation,))
    values = surroundings.values(operation)
    assert values["multipart", "file"].startswith(b"\x89PNG")
    assert values["multipart", "file filename"] == "probe.png"
    assert values["multipart", "file type"] == "image/png"
    assert "note" in {name for _, name in values}
    by_point = {
        point.name: surroundings.values(operation, point) for point in injection_points(operation)
    }
    assert by_point["note"].keys() == values.keys()
    ((place, document),) = by_point["text/csv"].items()
    assert place == ("content", "text/csv")
    assert re.fullmatch("name\r\ncore-[0-9a-f]{8}\r\n", document)
    assert {location for location, _ in by_point["a"]} <= {"form"}


DOCUMENTS = {
    "text/csv": "name,vid\r\na,1\r\nb,2\r\n",
    "application/yaml": "- name: a\n  tags: [x, y]\n  vid: 1\n- name: b\n",
    "application/xml": '<run by="x"><host><name>a</name></host><host/></run>',
}
CELLS = {
    "text/csv": ["name", "vid"],
    "application/yaml": ["/0/name", "/0/tags/0"],
    "application/xml": ["/run@by", "/run/host/name"],
}


@pytest.mark.parametrize("media", DOCUMENTS)
def test_probes_go_into_the_cells_of_documents(api, server, media):
    schema = {"examples": [DOCUMENTS[media]]}
    operation = Operation(id="x", method="POST", path="/x", contents={media: schema})
    surroundings = Surroundings(api, (operation,))
    points = cell_points(operation)
    assert [point.name for point in points] == [f"{media} {cell}" for cell in CELLS[media]]
    for point in points:
        api.send(operation, place(surroundings.values(operation, point), point, "zq'\"<&,\n"))
    read = {
        "text/csv": lambda text: list(csv.reader(io.StringIO(text)))[1],
        "application/yaml": lambda text: [json.loads(text)[0][k] for k in ("name", "tags")],
        "application/xml": lambda text: [ET.fromstring(text).get("by"),
                                         ET.fromstring(text).findtext("host/name")],
    }[media]  # fmt: skip
    first, second = (read(asked.body.decode()) for asked in server.asked)
    probe = "zq'\"<&,\n"
    assert first[0] == probe
    assert second[1] in (probe, [probe, "y"])
    untouched = "" if first[1] == ["x", "y"] else re.sub("-[0-9a-f]{8}$", "", first[1])
    assert untouched in ("", "1", "a")
    assert {asked.headers["Content-Type"] for asked in server.asked} == {media}


@pytest.mark.parametrize("media", DOCUMENTS)
def test_every_document_names_something_new(api, media):
    schema = {"examples": [DOCUMENTS[media]]}
    operation = Operation(id="x", method="POST", path="/x", contents={media: schema})
    surroundings = Surroundings(api, (operation,))
    one, other = (cells(media, surroundings.values(operation)["content", media]) for _ in "ab")
    changed = {name for name, text in one.items() if other[name] != text}
    assert changed == {name for name in CELLS[media] if name.endswith("name")}


@pytest.mark.parametrize("document", [b"\x89", "<not xml", "a: [", ""])
def test_what_is_no_document_has_no_cells(document):
    assert cells("application/xml", document) == {}
    assert cells("application/yaml", document) in ({}, {"": "<not xml"})
    assert cells("text/csv", document) in ({}, {"<not xml": ""})
