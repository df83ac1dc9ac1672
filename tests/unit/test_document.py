from __future__ import annotations

import copy
import time

import pytest

from pytest_cmdbguard.errors import DocumentError
from pytest_cmdbguard.probes.document import operations
from pytest_cmdbguard.probes.points import injection_points

DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "x", "version": "1"},
    "servers": [{"url": "https://cmdb.example.com/base/"}],
    "security": [{"bearer": []}],
    "paths": {
        "/devices/{id}": {
            "parameters": [{"$ref": "#/components/parameters/Id"}],
            "patch": {
                "operationId": "patch_device",
                "tags": ["devices"],
                "parameters": [{"name": "id", "in": "path", "schema": {"type": "string"}}],
                "requestBody": {"$ref": "#/components/requestBodies/Device"},
                "responses": {"204": {"description": "done"}},
            },
            "get": {
                "security": [{"bearer": []}, {}],
                "responses": {
                    "200": {"content": {"application/json": {}, "text/csv": {}}},
                    "404": {"content": {"application/problem+json": {}}},
                },
            },
        },
        "/a~b": {
            "get": {
                "security": [],
                "parameters": [
                    {"name": "q", "in": "query", "required": True, "example": "core"},
                    {
                        "name": "filter",
                        "in": "query",
                        "content": {"application/json": {"schema": {"type": "object"}}},
                    },
                ],
                "responses": {"default": {"description": "any"}},
            }
        },
    },
    "components": {
        "parameters": {"Id": {"name": "id", "in": "path", "schema": {"type": "integer"}}},
        "requestBodies": {
            "Device": {
                "required": True,
                "content": {
                    "application/merge-patch+json; charset=utf-8": {
                        "schema": {"$ref": "#/components/schemas/Device"},
                        "examples": {"one": {"value": {"name": "core-1"}}},
                    }
                },
            }
        },
        "schemas": {
            "Device": {
                "type": "object",
                "properties": {
                    "name": {"$ref": "#/components/schemas/Na~1me", "maxLength": 9},
                    "parent": {"$ref": "#/components/schemas/Device"},
                },
            },
            "Na/me": {"type": "string", "minLength": 1},
        },
    },
}


@pytest.fixture
def document():
    return copy.deepcopy(DOCUMENT)


def test_operations_are_sorted_and_named(document):
    found = operations(document, where="x")
    assert [str(operation) for operation in found] == [
        "GET /base/a~b",
        "GET /base/devices/{id}",
        "PATCH /base/devices/{id}",
    ]
    assert [operation.id for operation in found[1:]] == ["GET /base/devices/{id}", "patch_device"]


def test_security_is_that_of_the_operation_or_the_document(document):
    assert [op.secured for op in operations(document, where="x")] == [False, False, True]


def test_references_are_resolved_and_circles_end(document):
    patch = operations(document, where="x")[2]
    assert patch.body["properties"] == {
        "name": {"type": "string", "minLength": 1, "maxLength": 9},
        "parent": {},
    }
    assert patch.body["examples"] == [{"name": "core-1"}]
    assert (patch.body_required, patch.tags, patch.produces) == (True, ("devices",), ())


def test_parameters_of_the_operation_replace_those_of_the_path(document):
    get, patch = operations(document, where="x")[1:]
    assert [p.schema["type"] for p in get.parameters] == ["integer"]
    assert [p.schema["type"] for p in patch.parameters] == ["string"]
    assert all(p.required for p in (*get.parameters, *patch.parameters))


def test_parameters_keep_their_example_and_their_schema(document):
    q, filters = operations(document, where="x")[0].parameters
    assert (q.required, q.example, q.schema) == (True, "core", {})
    assert filters.schema == {"type": "object"}


def test_only_successes_say_what_is_produced(document):
    assert operations(document, where="x")[1].produces == ("application/json", "text/csv")


def test_a_path_parameter_that_nobody_declared_is_one_all_the_same(document):
    del document["paths"]["/devices/{id}"]["parameters"]
    assert operations(document, where="x")[1].parameters[0].name == "id"


def test_words_of_openapi_3_0_become_json_schema(document):
    document["openapi"] = "3.0.3"
    document["components"]["schemas"]["Na/me"] = {
        "type": "integer",
        "nullable": True,
        "minimum": 0,
        "exclusiveMinimum": True,
        "maximum": 9,
        "exclusiveMaximum": False,
        "enum": [1, 2],
    }
    name = operations(document, where="x")[2].body["properties"]["name"]
    assert name == {
        "type": ["integer", "null"],
        "exclusiveMinimum": 0,
        "maximum": 9,
        "enum": [1, 2, None],
        "maxLength": 9,
    }


def _set(path, value):
    def change(document):
        node = document
        for key in path[:-1]:
            node = node[key]
        node[path[-1]] = value

    return change


GET = ("paths", "/a~b", "get")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_set(("openapi",), "2.0"), "x#/openapi: found 2.0"),
        (_set(("paths",), {}), "x#/paths: no operation is described"),
        (_set(("paths",), []), "x#/paths: expected an object, found list"),
        (_set(("paths", "/a~b"), None), "x#/paths/~1a~0b: expected an object, found NoneType"),
        (_set(("paths", "bad"), {}), "x#/paths/bad: a path must start with /"),
        (_set((*GET, "parameters"), {}), "x#/paths/~1a~0b/get/parameters: expected an array"),
        (_set((*GET, "parameters"), [{"in": "query"}]), "/get/parameters/0: 'name' is missing"),
        (
            _set((*GET, "parameters"), [{"$ref": "#/components/nothing"}]),
            "/get/parameters/0: $ref '#/components/nothing' leads nowhere",
        ),
        (
            _set((*GET, "parameters"), [{"$ref": "other.json#/x"}]),
            "$ref 'other.json#/x' leads outside",
        ),
        (_set((*GET, "requestBody"), []), "/get/requestBody: expected an object"),
        (_set((*GET, "operationId"), "patch_device"), "operationId 'patch_device' names"),
        (
            _set(("components", "parameters", "Id"), {"$ref": "#/components/parameters/Id"}),
            "x#/components/parameters/Id: the reference leads to itself",
        ),
    ],
)
def test_what_cannot_be_used_is_named_with_its_place(document, change, message):
    change(document)
    with pytest.raises(DocumentError) as error:
        operations(document, where="x")
    assert message in str(error.value)


def test_a_document_that_is_no_object_and_one_of_swagger_1_are_refused():
    with pytest.raises(DocumentError, match="expected an object, found list"):
        operations([], where="x")
    with pytest.raises(DocumentError, match=r"found Swagger 1\.2"):
        operations({"swagger": "1.2", "paths": {}}, where="x")


SWAGGER = {
    "swagger": "2.0",
    "basePath": "/v2",
    "host": "elsewhere.example.com",
    "consumes": ["application/json"],
    "produces": ["application/json"],
    "parameters": {"Page": {"name": "page", "in": "query", "type": "integer", "minimum": 1}},
    "responses": {"Found": {"description": "x", "schema": {"$ref": "#/definitions/Device"}}},
    "paths": {
        "/devices/{id}": {
            "parameters": [{"name": "id", "in": "path", "type": "string", "format": "uuid"}],
            "get": {
                "operationId": "read",
                "parameters": [{"$ref": "#/parameters/Page"}],
                "responses": {"200": {"$ref": "#/responses/Found"}},
            },
            "put": {
                "operationId": "change",
                "parameters": [
                    {
                        "name": "device",
                        "in": "body",
                        "required": True,
                        "schema": {"$ref": "#/definitions/Device"},
                    }
                ],
                "responses": {"204": {"description": "done"}},
            },
        },
        "/files": {
            "post": {
                "operationId": "upload",
                "consumes": ["multipart/form-data"],
                "parameters": [
                    {"name": "file", "in": "formData", "type": "file", "required": True},
                    {"name": "note", "in": "formData", "type": "string"},
                ],
                "responses": {},
            }
        },
        "/login": {
            "post": {
                "operationId": "login",
                "parameters": [{"name": "user", "in": "formData", "type": "string"}],
            }
        },
    },
    "definitions": {
        "Device": {"type": "object", "properties": {"name": {"type": "string"}}},
    },
}


def test_swagger_2_is_read_as_well():
    found = {operation.id: operation for operation in operations(SWAGGER, where="x")}
    assert found["read"].path == "/v2/devices/{id}"
    assert found["read"].produces == ("application/json",)
    places = {o.id: [(p.location, p.name) for p in injection_points(o)] for o in found.values()}
    assert places == {
        "read": [("path", "id"), ("query", "page")],
        "change": [("path", "id"), ("body", "/name")],
        "upload": [("multipart", "file"), ("multipart", "file filename"), ("multipart", "note")],
        "login": [("form", "user")],
    }
    assert found["read"].parameters[0].schema == {"type": "string", "format": "uuid"}
    assert found["change"].body_required


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_set(("paths", "/login"), 1), "x#/paths/~1login: expected an object, found int"),
        (_set(("paths", "/login", "post", "parameters"), {}), "expected an array"),
        (_set(("paths", "/login", "post", "parameters"), [{"in": "query"}]), "'name' is missing"),
    ],
)
def test_what_cannot_be_used_of_swagger_2_is_named(change, message):
    broken = copy.deepcopy(SWAGGER)
    change(broken)
    with pytest.raises(DocumentError) as error:
        operations(broken, where="x")
    assert message in str(error.value)


def test_of_one_path_what_creates_comes_before_what_reads_and_deletes(document):
    methods = ("delete", "get", "patch", "post")
    document["paths"] = {"/a": {method: {"responses": {}} for method in methods}}
    found = [operation.method for operation in operations(document, where="x")]
    assert found == ["POST", "GET", "PATCH", "DELETE"]


def test_ten_thousand_operations_are_read_in_seconds(document):
    item = document["paths"]["/devices/{id}"]
    document["paths"] = {
        f"/things{number}/{{id}}": {
            **item,
            "patch": {**item["patch"], "operationId": f"patch {number}"},
        }
        for number in range(5000)
    }
    began = time.process_time()
    found = operations(document, where="x")
    points = [point for operation in found for point in injection_points(operation)]
    assert (len(found), len(points)) == (10_000, 20_000)
    assert time.process_time() - began < 10
