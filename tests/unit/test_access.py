"""What the campaigns on access control decide without any target."""

import json
import tomllib

import pytest

from pytest_cmdbguard.campaigns.functions import forged
from pytest_cmdbguard.campaigns.likeness import shared_data
from pytest_cmdbguard.campaigns.marking import choices, marked, text_fields
from pytest_cmdbguard.campaigns.policy import Cell, Draft, Policy
from pytest_cmdbguard.errors import SettingsError
from pytest_cmdbguard.model import Exchange, Operation
from pytest_cmdbguard.probes import roles
from pytest_cmdbguard.probes.described import Answers, undocumented
from pytest_cmdbguard.targets import table_reader

ROLES = ("viewer", "operator", "admin")
OPERATION = Operation(id="sites_create", method="POST", path="/sites")


def answer(body, *, status=200, url="http://127.0.0.1/x"):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Exchange(method="GET", url=url, status=status, headers={}, body=raw)


def test_a_role_is_allowed_denied_or_nobody_has_decided():
    policy = Policy(table={"sites_create": ["operator", "admin"]}, roles=ROLES)
    assert [policy.cell(OPERATION, role) for role in ROLES] == [
        *(Cell.DENIED, Cell.ALLOWED, Cell.ALLOWED)
    ]
    assert policy.denied(OPERATION) == ("viewer",)
    other = Operation(id="sites_list", method="GET", path="/sites")
    assert policy.is_unknown(other)
    assert not policy.denied(other)


def test_with_one_role_there_is_nothing_to_decide():
    assert not Policy(table={}, roles=("editor",)).is_unknown(OPERATION)


def test_a_draft_is_toml_that_the_settings_read(tmp_path):
    draft = Draft()
    draft.write(tmp_path / "empty.toml")
    assert not (tmp_path / "empty.toml").exists()
    draft.note(OPERATION, ["admin"])
    draft.write(tmp_path / "report" / "draft.toml")
    table = tomllib.loads((tmp_path / "report" / "draft.toml").read_text())["target"]["policy"]
    assert table_reader.policy(table) == {"sites_create": ("admin",)}


@pytest.mark.parametrize("wrong", ["admin", [1], {"admin": True}])
def test_a_policy_that_is_no_list_of_roles_is_one_clear_error(wrong):
    with pytest.raises(SettingsError, match=r"target\.policy\.sites_create"):
        table_reader.policy({"sites_create": wrong})


def test_a_document_may_say_its_roles_itself():
    document = {
        "paths": {
            "/a": {"get": {"operationId": "a", "x-roles": ["viewer"]}, "parameters": []},
            "/b": {"get": {"operationId": "b"}, "post": {"x-roles": ["admin"]}},
        }
    }
    assert roles.declared(document) == {"a": ("viewer",)}


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ({"name": "core-switch"}, {"name": "core-switch", "id": 1}, "core-switch"),
        ({"name": "mine"}, {"name": "yours"}, ""),
        ({"items": []}, {"items": [{"name": "core-switch"}]}, ""),
        ({"done": 1}, {"done": 2}, "done"),
        (b"<p>log in</p>", b"<p>devices</p>", ""),
    ],
)
def test_two_answers_share_values_or_else_members(one, other, shared):
    assert shared_data(answer(one), answer(other)) == shared


def test_what_was_refused_or_sent_along_is_no_data():
    data = {"name": "core-switch"}
    assert shared_data(answer(data, status=403), answer(data)) == ""
    echo = answer(data, url="http://127.0.0.1/x?q=core-switch")
    assert shared_data(echo, answer(data)) == ""


@pytest.mark.parametrize("value", ["Bearer abcdefghijkl", "abcdefgh", "Bearer aa.bb.cccccccc"])
def test_a_forged_credential_has_the_form_of_the_real_one(value):
    made = forged(value)
    assert made != value
    assert len(made) == len(value)
    assert made.count(" ") == value.count(" ")
    assert made.rpartition(".")[0] == value.rpartition(".")[0]


def test_members_that_the_document_does_not_name_are_told():
    schema = {
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": {"properties": {"id": {}}}},
            "free": {"type": "object"},
            "open": {"properties": {"a": {}}, "additionalProperties": True},
        },
    }
    body = {"items": [{"id": 1, "hash": "x"}], "free": {"x": 1}, "open": {"b": 2}, "more": 1}
    assert set(undocumented(body, schema)) == {"/items/0/hash", "/more"}
    assert not list(undocumented([1, "x"], {}))


def test_the_schema_of_an_answer_is_found_by_its_status():
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Site"}}}
    document = {
        "openapi": "3.1.0",
        "servers": [{"url": "/api"}],
        "paths": {"/sites": {"post": {"responses": {"201": {"content": content}}}}},
        "components": {"schemas": {"Site": {"properties": {"id": {"type": "integer"}}}}},
    }
    answers = Answers(document, where="test")
    operation = Operation(id="x", method="POST", path="/api/sites")
    assert answers.schema(operation, 201) == {"properties": {"id": {"type": "integer"}}}
    assert answers.schema(operation, 200) is None
    assert answers.schema(Operation(id="y", method="GET", path="/api/none"), 200) is None


@pytest.mark.parametrize(
    ("responses", "empty"),
    [
        ({"204": {}, "404": {}}, True),
        ({204: {}, 205: {}}, True),
        ({"200": {}, "204": {}}, False),
        ({"2XX": {}}, False),
        ({"404": {}, "default": {}}, False),
        ({}, False),
    ],
)
def test_answers_that_have_no_body_show_nothing(responses, empty):
    document = {"openapi": "3.1.0", "paths": {"/sites": {"delete": {"responses": responses}}}}
    operation = Operation(id="x", method="DELETE", path="/sites")
    assert Answers(document, where="test").are_empty(operation) is empty


def test_tokens_go_into_the_first_of_a_list_of_objects_and_into_files():
    member = {"type": "object", "properties": {"name": {"type": "string"}}}
    bulk = Operation(id="x", method="POST", path="/x", body={"type": "array", "items": member})
    assert text_fields(bulk) == ["name"]
    assert marked(bulk, {"name": "zq1"}, {("body", ""): [{}]}) == {
        ("body", ""): [{}],
        ("body", "/0/name"): "zq1",
    }
    form = {"properties": {"file": {"type": "string", "format": "binary"}}}
    upload = Operation(id="y", method="POST", path="/y", contents={"multipart/form-data": form})
    assert text_fields(upload) == ["file filename", "file"]
    values = {("multipart", "file filename"): "plan.txt"}
    assert marked(upload, {"file filename": "zq2"}, values) == {
        ("multipart", "file filename"): "zq2.txt"
    }
    assert list(choices(["a"])) == [("a",)]
