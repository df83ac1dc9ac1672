"""OpenAPI documents that are wrong or too large: read as far as they say something."""

from __future__ import annotations

import json
import time

import pytest

from pytest_cmdbguard.errors import DocumentError
from pytest_cmdbguard.probes.document import operations
from pytest_cmdbguard.probes.points import injection_points
from pytest_cmdbguard.probes.surroundings import Surroundings
from pytest_cmdbguard.targets import documents

REFERENCE = "#/components/schemas/"


def document(schema, *, servers=None, **schemas):
    content = {"application/json": {"schema": schema}}
    post = {"requestBody": {"content": content}, "responses": {}}
    found = {"openapi": "3.1.0", "paths": {"/things": {"post": post}}}
    found["components"] = {"schemas": schemas}
    return found | ({"servers": servers} if servers else {})


def read(schema, **more):
    """The operation, its places of input, and the values of a valid request."""
    (operation,) = operations(document(schema, **more), where="x")
    names = [point.name for point in injection_points(operation)]
    return operation, names, Surroundings(None, ()).values(operation)


def referring(*names):
    return {name: {"$ref": f"{REFERENCE}{name}"} for name in names}


def test_schemas_that_double_at_every_reference_are_cut_in_time():
    schemas = {
        f"S{n}": {"properties": {key: {"$ref": f"{REFERENCE}S{n + 1}"} for key in "ab"}}
        for n in range(40)
    }
    schemas["S40"] = {"type": "string"}
    began = time.process_time()
    members = {"tree": {"$ref": f"{REFERENCE}S0"}, "name": {"type": "string"}}
    _, names, _ = read({"properties": members}, **schemas)
    assert "/name" in names
    assert len(names) < 20_000
    assert time.process_time() - began < 5


def test_schemas_that_all_refer_to_each_other_are_cut_in_time():
    everybody = [f"S{n}" for n in range(20)]
    schemas = {name: {"properties": referring(*everybody)} for name in everybody}
    began = time.process_time()
    _, names, _ = read({"$ref": f"{REFERENCE}S0"}, **schemas)
    # every field of the first level is there, none was left out for another one's sake
    assert {name.split("/")[1] for name in names} == set(everybody)
    assert time.process_time() - began < 5


def test_a_schema_of_usual_depth_is_read_whole():
    schemas = {f"S{n}": {"properties": referring(f"S{n + 1}")} for n in range(5)}
    schemas["S5"] = {"type": "string", "maxLength": 7}
    operation, names, _ = read({"$ref": f"{REFERENCE}S0"}, **schemas)
    assert names == ["/S1/S2/S3/S4/S5"]
    assert injection_points(operation)[0].schema == schemas["S5"]


def test_schemas_nested_too_deeply_are_one_clear_error(tmp_path):
    schema = {"type": "string"}
    for _ in range(2000):
        schema = {"properties": {"inner": schema}}
    with pytest.raises(DocumentError, match="nested too deeply; name them"):
        read(schema)
    (tmp_path / "deep.json").write_text("[" * 200_000 + "]" * 200_000)
    with pytest.raises(DocumentError, match="is not JSON"):
        documents.read("deep.json", directory=tmp_path, running=None)


WRONG = [
    *(("required", value) for value in (True, "f", 1)),
    *(("enum", value) for value in ("x", 7, None, {"a": 1}, [])),
    *(("examples", value) for value in ({"first": {"value": 1}}, "x", [])),
    *(("properties", value) for value in ([], None, "x", {"a": True})),
    *((name, "10") for name in ("minLength", "maxLength", "minItems", "minimum", "maximum")),
    *((name, 10**9) for name in ("minLength", "minItems")),
    *(("pattern", value) for value in ("(", r"\p{L}+", 5)),
    *(("type", value) for value in ("strnig", 5, ["string", 3], [])),
    *((name, value) for name in ("allOf", "anyOf", "oneOf") for value in ({}, None, [True, 5])),
    *(("items", value) for value in ([], True, "x")),
    *(("format", 5), ("multipleOf", 0), ("additionalProperties", "x"), ("default", {"x": [1]})),
    *(("example", value) for value in ([1], "no", {"f": {}})),
]


@pytest.mark.parametrize(("keyword", "value"), WRONG, ids=json.dumps)
@pytest.mark.parametrize("kind", ["string", "integer", "array", "object"])
def test_a_keyword_with_a_value_that_it_cannot_have_says_nothing(kind, keyword, value):
    members = {"f": {"type": kind, keyword: value}, "g": {"type": "string"}}
    _, names, values = read({"type": "object", "required": ["f", "g"], "properties": members})
    assert "/g" in names
    assert values["body", "/g"] == "probe"
    assert ("body", "/f") in values
    read({"type": kind, keyword: value})


def test_what_is_left_of_a_schema_never_refuses_what_it_took():
    choices = {"anyOf": [True, {"type": "string"}], "oneOf": [False, {"type": "integer"}]}
    operation, _, _ = read({"properties": {"f": choices}})
    (schema,) = operation.body["properties"].values()
    assert schema == {
        "anyOf": [{}, {"type": "string"}],
        "oneOf": [{"not": {}}, {"type": "integer"}],
    }


def test_names_of_members_and_values_of_examples_are_no_keywords():
    members = {"type": {"type": "integer"}, "required": {"type": "boolean"}, "pattern": {}}
    example = {"type": 5, "required": True, "pattern": "(", "enum": "x", "$ref": "nowhere"}
    schema = {"type": "object", "properties": members, "example": example}
    operation, names, _ = read(schema)
    assert names == ["/type", "/required", "/pattern"]
    assert operation.body["example"] == example


@pytest.mark.parametrize(
    ("server", "path"),
    [
        ({"url": "https://elsewhere.example:8443/base/"}, "/base/things"),
        ({"url": "//elsewhere.example/base"}, "/base/things"),
        ({"url": "api/v1"}, "/api/v1/things"),
        ({"url": "/"}, "/things"),
        ({}, "/things"),
        (
            {
                "url": "{scheme}://{host}/{version}",
                "variables": {"scheme": {"default": "https"}, "version": {"default": "v2"}},
            },
            "/v2/things",
        ),
    ],
)
def test_of_a_server_elsewhere_only_the_path_counts(server, path):
    operation, _, _ = read({"type": "object"}, servers=[server])
    assert operation.path == path


@pytest.mark.parametrize(
    ("server", "words"),
    [
        ("https://elsewhere.example", "#/servers/0: expected an object"),
        ({"url": "http://["}, "#/servers/0/url: is no URL"),
        ({"url": "/", "variables": "v"}, "#/servers/0/variables: expected an object"),
    ],
)
def test_a_server_that_is_none_is_named(server, words):
    with pytest.raises(DocumentError, match=words):
        read({"type": "object"}, servers=[server])
