from __future__ import annotations

import json
import re

import pytest
from http_server import serving
from jsonschema import Draft202012Validator

from pytest_cmdbguard.probes import samples
from pytest_cmdbguard.probes.client import Api
from pytest_cmdbguard.probes.document import operations
from pytest_cmdbguard.probes.points import injection_points
from pytest_cmdbguard.probes.renewal import renewed
from pytest_cmdbguard.probes.surroundings import Surroundings

DEVICE = {
    "type": "object",
    "required": ["name", "serial", "site_id", "mac"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "name": {"type": "string", "maxLength": 20},
        "serial": {"type": "string", "pattern": "^[A-Z]{3}[0-9a-f]{8}$"},
        "mac": {"type": "string", "pattern": "^[0-9a-f]{2}(:[0-9a-f]{2}){5}$"},
        "site_id": {"type": "integer", "minimum": 1, "maximum": 9},
        "vid": {"type": "integer", "minimum": 1, "maximum": 4094},
        "address": {"type": "string"},
        "status": {"enum": ["active", "retired"]},
        "note": {"type": ["string", "null"]},
    },
    "additionalProperties": False,
}
STORED = {
    "id": 42,
    "name": "core-1",
    "serial": "FOC0011223a",
    "mac": "02:00:00:00:00:01",
    "site_id": 3,
    "vid": 7,
    "address": "10.1.2.3/24",
    "status": "retired",
    "note": None,
    "computed": "not in the schema",
}


def _parameter(name, **extra):
    return {"name": name, "in": "path", "required": True, "schema": {"type": "integer"}} | extra


def _body(schema):
    return {"content": {"application/json": {"schema": schema}}}


LISTED = {
    "name": "tenant",
    "in": "query",
    "required": True,
    "schema": {"type": "string", "default": "red"},
}
DOCUMENT = {
    "openapi": "3.1.0",
    "paths": {
        "/devices": {
            "get": {"parameters": [LISTED, {"name": "q", "in": "query"}]},
            "post": {"requestBody": _body(DEVICE)},
        },
        "/devices/bulk": {"post": {"requestBody": _body({"type": "array", "items": DEVICE})}},
        "/devices/{device_id}": {
            "parameters": [_parameter("device_id")],
            "get": {},
            "patch": {"requestBody": _body({**DEVICE, "required": []})},
            "delete": {},
        },
        "/devices/{device_id}/ports": {"parameters": [_parameter("device_id")], "get": {}},
        "/devices/{device_id}/ports/{port}": {
            "parameters": [_parameter("device_id"), _parameter("port", schema={})],
            "get": {},
        },
        "/login": {
            "post": {"requestBody": _body({"examples": [{"user": "red"}], "type": "object",
                                           "properties": {"user": {"type": "string"}}})}
        },
        "/reports/{name}": {
            "get": {"parameters": [_parameter("name", example="weekly")]},
        },
    },
}  # fmt: skip
OPERATIONS = {str(op): op for op in operations(DOCUMENT, where="x")}
ANSWERS = {
    "/devices?tenant=red": {"items": [STORED], "next": None},
    "/devices/42/ports": [{"port": "eth0"}, {"port": "eth1"}],
}


@pytest.fixture
def server():
    def answer(handler):
        found = ANSWERS.get(handler.path)
        return (200 if found else 404), {}, json.dumps(found).encode()

    with serving(answer) as server:
        yield server


@pytest.fixture
def surroundings(server):
    api = Api(server.url, ())
    yield Surroundings(api, tuple(OPERATIONS.values()))
    api.close()


def test_ids_are_those_of_existing_objects(surroundings):
    assert surroundings.values(OPERATIONS["GET /devices/{device_id}"]) == {
        ("path", "device_id"): 42
    }
    assert surroundings.values(OPERATIONS["GET /devices/{device_id}/ports/{port}"]) == {
        ("path", "device_id"): 42,
        ("path", "port"): "eth0",
    }


def test_a_slash_at_the_end_of_paths_changes_nothing(server):
    paths = {f"{path}/": item for path, item in DOCUMENT["paths"].items()}
    slashed = {str(op): op for op in operations(DOCUMENT | {"paths": paths}, where="x")}
    found = json.dumps(ANSWERS["/devices?tenant=red"]).encode()
    server.answer = lambda _: (200, {}, found)
    api = Api(server.url, ())
    surroundings = Surroundings(api, tuple(slashed.values()))
    detail = slashed["GET /devices/{device_id}/"]
    values = surroundings.values(detail)
    assert values == {("path", "device_id"): 42}
    assert surroundings.readers(slashed["POST /devices/"])
    server.answer = lambda _: (200, {}, b"{}")
    api.send(detail, values)
    assert server.asked[-1].path == "/devices/42/"
    api.close()


def test_an_object_is_created_without_the_id_of_the_one_it_is_made_from():
    properties = {"id": {"type": "string"}, "name": {"type": "string"}}
    known = {"id": "a", "name": "b"}
    schema = {"type": "object", "properties": properties}
    assert samples.body(schema, known=known, fresh=False) == {"name": "b"}
    required = schema | {"required": ["id"]}
    assert samples.body(required, known=known, fresh=False) == known


def test_only_required_query_parameters_are_sent(surroundings):
    assert surroundings.values(OPERATIONS["GET /devices"]) == {("query", "tenant"): "red"}


def test_what_is_deleted_does_not_exist(surroundings):
    (value,) = surroundings.values(OPERATIONS["DELETE /devices/{device_id}"]).values()
    assert value > 1_000_000


def test_a_created_object_is_an_existing_one_with_fresh_texts(surroundings):
    operation = OPERATIONS["POST /devices"]
    first, second = surroundings.body(operation), surroundings.body(operation)
    assert Draft202012Validator(DEVICE).is_valid(first)
    assert first.keys() == STORED.keys() - {"id", "computed", "note"}
    assert (first["site_id"], first["status"]) == (3, "retired")
    for name in ("name", "serial", "mac", "address"):
        assert len({first[name], second[name], STORED[name]}) == 3, name
    assert re.fullmatch(r"10\.\d+\.\d+\.\d+/24", first["address"])


def test_an_update_can_give_an_object_its_values_back(surroundings):
    values = surroundings.unchanged(OPERATIONS["PATCH /devices/{device_id}"])
    assert values["path", "device_id"] == 42
    assert values["body", "/name"] == STORED["name"]
    assert values["body", "/address"] == STORED["address"]


def test_a_list_that_was_empty_is_asked_again_when_told(server):
    listed = []
    server.answer = lambda _: (200, {}, json.dumps(listed).encode())
    api = Api(server.url, ())
    surroundings = Surroundings(api, tuple(OPERATIONS.values()))
    assert surroundings.items("/devices") == ()
    listed.append({"id": 7})
    assert surroundings.items("/devices") == ()
    surroundings.look_again()
    assert surroundings.items("/devices") == ({"id": 7},)
    api.close()


def test_something_is_created_where_a_list_is_empty(server):
    stored = []

    def answer(handler):
        if handler.command == "POST":
            stored.append({"id": 7})
        return 200, {}, json.dumps({"items": stored}).encode()

    server.answer = answer
    api = Api(server.url, ())
    surroundings = Surroundings(api, tuple(OPERATIONS.values()))
    for _ in range(2):
        assert (
            surroundings.values(OPERATIONS["GET /devices/{device_id}"])["path", "device_id"] == 7
        )
    assert len(stored) == 1
    api.close()


def test_nothing_is_created_where_nothing_is_listed(server):
    server.answer = lambda _: (200, {}, b"<html>")
    api = Api(server.url, ())
    assert Surroundings(api, tuple(OPERATIONS.values())).items("/devices") == ()
    assert [handler.command for handler in server.asked] == ["GET"]
    api.close()


def test_body_values_are_named_by_pointer(surroundings):
    values = surroundings.values(OPERATIONS["PATCH /devices/{device_id}"])
    assert values["path", "device_id"] == 42
    assert values["body", "/site_id"] == 3
    bulk = surroundings.values(OPERATIONS["POST /devices/bulk"])
    assert bulk["body", ""][0]["site_id"] == 3


def test_what_is_not_stored_in_a_list_is_sent_as_the_document_says(surroundings):
    assert surroundings.body(OPERATIONS["POST /login"]) == {"user": "red"}
    assert surroundings.values(OPERATIONS["GET /reports/{name}"]) == {("path", "name"): "weekly"}


def test_a_list_is_asked_once(surroundings, server):
    for _ in range(3):
        surroundings.values(OPERATIONS["PATCH /devices/{device_id}"])
    assert [handler.path for handler in server.asked] == ["/devices?tenant=red"]


@pytest.mark.parametrize(
    "answer", [{"results": [{"id": 7}]}, {"data": [{"id": 7}]}, [{"id": 7}], {"items": [1]}, "x"]
)
def test_lists_are_unwrapped_as_they_come(answer):
    with serving(lambda _: (200, {}, json.dumps(answer).encode())) as server:
        api = Api(server.url, ())
        values = Surroundings(api, tuple(OPERATIONS.values())).values(
            OPERATIONS["GET /devices/{device_id}"]
        )
        api.close()
    expected = 7 if "7" in json.dumps(answer) else 1
    assert values == {("path", "device_id"): expected}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "minLength": 8, "maxLength": 9},
        {"type": ["null", "integer"], "exclusiveMinimum": 4, "multipleOf": 3},
        {"type": "number", "maximum": -2},
        {"type": "array", "minItems": 2, "items": {"type": "boolean"}},
        {"enum": ["b", "a"]},
        {"const": 5},
        {"anyOf": [{"type": "null"}, {"type": "integer", "minimum": 3}]},
        {
            "allOf": [
                {"type": "object", "required": ["a"]},
                {"properties": {"a": {"type": "null"}}},
            ]
        },
        {"type": "string", "format": "uuid"},
    ],
)
def test_samples_are_valid(schema):
    Draft202012Validator(schema).validate(samples.sample(schema))


def test_absent_ids_have_the_form_of_present_ones():
    uuid = "0b7c7a0e-3a0f-4a39-9a52-d7d3f0b7a001"
    assert re.fullmatch(r"[0-9a-f-]{36}", samples.absent_id(uuid, {"type": "string"}))
    assert samples.absent_id(None, {"type": "integer", "maximum": 99}) == 99
    assert samples.absent_id("core-1", {}).startswith("cmdbguard-absent-")


def test_networks_stay_networks():
    schema = {"properties": {"prefix": {"type": "string"}, "v6": {"type": "string"}}}
    made = renewed({"prefix": "10.0.0.0/24", "v6": "2001:db8::/64"}, schema)
    assert re.fullmatch(r"10\.\d+\.\d+\.0/24", made["prefix"])
    assert made["v6"].endswith("::/64")


@pytest.mark.parametrize(
    ("operation", "place", "value"),
    [
        ("GET /devices/{device_id}/ports/{port}", ("path", "port"), "eth1"),
        ("GET /devices/{device_id}", ("path", "device_id"), None),
        ("GET /devices", ("query", "q"), None),
        ("POST /login", ("body", "/user"), "red"),
        ("PATCH /devices/{device_id}", ("body", "/note"), "probe"),
        ("PATCH /devices/{device_id}", ("body", "/status"), None),
    ],
)
def test_a_seldom_value_is_neither_in_a_cache_nor_stored_already(
    surroundings, operation, place, value
):
    points = injection_points(OPERATIONS[operation])
    (point,) = [p for p in points if (p.location, p.name) == place]
    assert surroundings.seldom(OPERATIONS[operation], point) == value


def test_fields_are_those_of_what_is_created_in_the_collection(surroundings):
    for path in ("POST /devices/bulk", "GET /devices/{device_id}/ports", "POST /devices"):
        fields = surroundings.fields(OPERATIONS[path])
        known = path != "GET /devices/{device_id}/ports"
        assert (fields.get("status") == DEVICE["properties"]["status"]) is known, path
    assert surroundings.fields(OPERATIONS["POST /login"]) == {}


def test_renewed_digits_stay_digits():
    schema = {"properties": {"rd": {"type": "string", "pattern": r"^[0-9.]+:[0-9]+$"}}}
    made = {renewed({"rd": "65000:1000000"}, schema)["rd"] for _ in range(5)}
    assert len(made) > 1
    assert all(re.fullmatch(r"\d{5}:\d{7}", rd) for rd in made)
