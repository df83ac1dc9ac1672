from __future__ import annotations

from pytest_cmdbguard.model import Operation, Parameter
from pytest_cmdbguard.probes.points import FORM, MULTIPART, assembled, injection_points, place


def operation(body=None, parameters=()):
    return Operation(id="x", method="POST", path="/x/{id}", body=body, parameters=parameters)


def names(body):
    return [point.name for point in injection_points(operation(body))]


def test_parameters_of_every_location_are_points_and_reserved_headers_are_not():
    parameters = tuple(
        Parameter(location=location, name=location)
        for location in ("path", "query", "header", "cookie")
    )
    reserved = Parameter(location="header", name="Authorization")
    found = injection_points(operation(parameters=(*parameters, reserved)))
    assert [point.location for point in found] == ["path", "query", "header", "cookie"]


def test_fields_of_forms_and_files_and_whole_documents_are_points():
    form = {"properties": {"user": {"type": "string"}}, "required": ["user"]}
    files = {
        "properties": {
            "note": {"type": "string"},
            "file": {"type": "string", "format": "binary"},
            "more": {"type": "array", "items": {"contentMediaType": "text/csv"}},
        }
    }
    contents = {FORM: form, MULTIPART: files, "text/csv": {"type": "string"}}
    found = injection_points(Operation(id="x", method="POST", path="/x", contents=contents))
    assert [(point.location, point.name) for point in found] == [
        ("form", "user"),
        ("multipart", "note"),
        ("multipart", "file"),
        ("multipart", "file filename"),
        ("multipart", "more"),
        ("multipart", "more filename"),
        ("content", "text/csv"),
    ]


def test_a_value_in_one_kind_of_body_leaves_no_other_kind():
    values = {("path", "id"): 1, ("body", "/a"): 1, ("content", "text/csv"): "a"}
    form = Parameter(location="form", name="a")
    assert place(values, form, "x") == {("path", "id"): 1, ("form", "a"): "x"}
    yaml = Parameter(location="content", name="application/yaml")
    assert place(values, yaml, "x") == {("path", "id"): 1, ("content", "application/yaml"): "x"}


def test_fields_are_found_at_any_depth():
    body = {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string"},
            "id": {"type": "integer", "readOnly": True},
            "site": {"type": "object", "properties": {"a/b": {"type": "string"}}},
            "tags": {"type": "array", "items": {"type": "string"}},
            "ports": {
                "type": "array",
                "items": {"type": "object", "properties": {"mac": {"type": "string"}}},
            },
            "custom": {"type": "object"},
            "shown": {"type": "object", "examples": [{"owner": "noc"}]},
        },
    }
    assert names(body) == [
        "/name",
        "/site/a~1b",
        "/tags/0",
        "/ports/0/mac",
        "/custom/cmdbguard",
        "/shown/owner",  # what takes some members only shows one of them
    ]
    assert injection_points(operation(body))[0].required


def test_fields_of_every_branch_are_found_once():
    body = {
        "allOf": [{"type": "object", "properties": {"a": {"type": "string"}}}],
        "oneOf": [
            {"properties": {"a": {"type": "string"}, "b": {"type": "string"}}},
            {"properties": {"c": {"type": "string"}}},
        ],
    }
    assert names(body) == ["/a", "/b", "/c"]


def test_a_body_that_is_an_array_or_a_text_is_a_point_itself():
    assert names({"type": "array", "items": {"properties": {"a": {}}}}) == ["/0/a"]
    assert names({"type": "string"}) == [""]


def test_a_value_is_placed_over_the_valid_one():
    values = {("body", "/tags"): ["a", "b"], ("body", "/name"): "n"}
    point = Parameter(location="body", name="/tags/0")
    placed = place(values, point, "x")
    body = assembled({name: value for (_, name), value in placed.items()})
    assert body == {"tags": ["x", "b"], "name": "n"}
    assert values["body", "/tags"] == ["a", "b"]


def test_containers_are_made_as_the_pointer_needs_them():
    assert assembled({"/a/0/b": 1}) == {"a": [{"b": 1}]}
    assert assembled({"": {"0": 1}, "/0": 2}) == {"0": 2}
    assert assembled({"/1": "x"}) == [None, "x"]
    assert assembled({"/a~1b/~0c": 1}) == {"a/b": {"~c": 1}}
