"""Custom fields, on a real server."""

from __future__ import annotations

import psycopg
import pytest
from seeing import errors_of

from refcmdb.api import statements
from refcmdb.api.registry import RESOURCES
from refcmdb.api.values import CustomFilter

VALUES = {
    "text": ({"maximum": 5, "minimum": 2}, ["two", "fünf!"], ["x", "longer", 5, True, "a\x1fb"]),
    "integer": ({"minimum": -1, "maximum": 9}, [-1, 9], [-2, 10, "5", True, 5.0, 1.5, 2**70]),
    "boolean": ({}, [True, False], [1, 0, "true"]),
    "date": ({}, ["2024-02-29"], ["2023-02-29", "20240229", "2024-W09-4", "", 20240229]),
    "choice": ({"choices": ["a", "b c"]}, ["a", "b c"], ["b", "", 1, ["a"]]),
}


@pytest.mark.parametrize("kind", VALUES)
def test_values_are_those_of_the_type(red, device_body, define, kind):
    limits, good, bad = VALUES[kind]
    name = define(kind, **limits)
    number = red.post("/devices", device_body(custom={name: good[0]})).json()["id"]
    for value in good:
        changed = red.patch(f"/devices/{number}", {"custom": {name: value}}).json()
        assert changed["custom"] == {name: value}
        assert type(changed["custom"][name]) is type(value)
    for value in bad:
        answer = red.patch(f"/devices/{number}", {"custom": {name: value}})
        (field,) = errors_of(answer)
        assert field.startswith("custom")
        assert red.post("/devices", device_body(custom={name: value})).status_code == 422
    assert red.get(f"/devices/{number}").json()["custom"] == {name: good[-1]}


@pytest.mark.parametrize("path", ["/sites", "/racks", "/prefixes"])
def test_other_resources_have_some_too(red, define, unique, path):
    name = define("integer", resource=path[1:])
    body = {
        "/sites": {"name": unique(), "region": "emea"},
        "/racks": {"name": unique(), "site_id": 1},
        "/prefixes": {"prefix": f"fd00:{hash(unique()) % 65536:x}::/64"},
    }[path]
    item = red.post(path, body | {"custom": {name: 7}}).json()
    assert item["custom"] == {name: 7}
    assert red.get(path, custom=f"{name}:7").json()["items"] == [item]
    changed = red.patch(f"{path}/{item['id']}", {"custom": {name: None}}).json()
    assert changed["custom"] == {}
    assert red.get(path, custom=f"{name}:7").json()["items"] == []


def test_values_are_merged_and_taken_away_by_null(red, device_body, define):
    one, two = define("text"), define("text")
    device = red.post("/devices", device_body(custom={one: "a"})).json()
    path = f"/devices/{device['id']}"
    both = red.patch(path, {"custom": {two: "b"}}).json()
    assert both["custom"] == {one: "a", two: "b"}
    assert red.patch(path, {"comments": "x"}).json()["custom"] == both["custom"]
    assert red.patch(path, {"custom": {one: None}}).json()["custom"] == {two: "b"}
    (newest, *_) = red.get("/changes", object_type="devices", object_id=device["id"]).json()[
        "items"
    ]
    assert newest["before"]["custom"] == {one: "a", two: "b"}
    assert newest["after"]["custom"] == {two: "b"}


def test_each_of_many_devices_gets_its_own(red, device_body, define):
    name = define("integer")
    bodies = [device_body(custom={name: number}) for number in range(3)]
    items = red.post("/devices/bulk", bodies).json()["items"]
    assert [item["custom"] for item in items] == [{name: number} for number in range(3)]
    patches = [{"id": i["id"], "custom": {name: i["custom"][name] + 10}} for i in items]
    changed = red("PATCH", "/devices/bulk", json=patches).json()["items"]
    assert [item["custom"] for item in changed] == [{name: number + 10} for number in range(3)]
    for number in range(2):
        patches[number]["custom"] = bodies[number]["custom"] = {name: "x"}
    wrong = {f"[{number}].custom.{name}": "is no integer" for number in range(2)}
    assert errors_of(red("PATCH", "/devices/bulk", json=patches)) == wrong
    assert errors_of(red.post("/devices/bulk", bodies)) == wrong
    alone = {f"custom.{name}": "is no integer"}
    assert errors_of(red.post("/devices", bodies[0])) == alone
    assert errors_of(red.patch(f"/devices/{items[0]['id']}", {"custom": {name: "x"}})) == alone


def test_required_field_has_its_default_where_nobody_says_another(red, device_body, define):
    before = red.post("/devices", device_body()).json()
    name = define("choice", choices=["a", "b"], default="a", required=True)
    optional = define("boolean", default=False)
    made = red.post("/devices", device_body()).json()
    assert (made["custom"][name], made["custom"][optional]) == ("a", False)
    path = f"/devices/{made['id']}"
    assert errors_of(red.patch(path, {"custom": {name: None}})) == {
        f"custom.{name}": "is required"
    }
    without = red.patch(path, {"custom": {optional: None, name: "b"}}).json()["custom"]
    assert (without[name], optional in without) == ("b", False)
    # What was there before goes on as it is, and has the field with its next values.
    path = f"/devices/{before['id']}"
    assert red.patch(path, {"comments": "x"}).json()["custom"] == before["custom"]
    assert red.patch(path, {"custom": {optional: True}}).json()["custom"][name] == "a"


def test_unknown_field_is_refused(red, blue, device_body, define):
    name = define("text")
    elsewhere = define("text", resource="sites")
    for unknown in ("none", elsewhere):
        answer = red.post("/devices", device_body(custom={unknown: "x"}))
        assert errors_of(answer) == {f"custom.{unknown}": "there is no such custom field"}
    foreign = device_body(site_id=2, custom={name: "x"})
    assert errors_of(blue.post("/devices", foreign)) == {
        f"custom.{name}": "there is no such custom field"
    }


def test_value_outlives_its_definition_until_it_is_taken_away(red, device_body, unique):
    body = {"resource": "devices", "name": unique("f"), "type": "text"}
    field, name = red.post("/custom-fields", body).json()["id"], body["name"]
    device = red.post("/devices", device_body(custom={name: "a"})).json()
    path = f"/devices/{device['id']}"
    red.delete(f"/custom-fields/{field}")
    # Read, changed, and written back as a whole.
    assert red.patch(path, {"custom": device["custom"]}).json()["custom"] == {name: "a"}
    assert list(errors_of(red.patch(path, {"custom": {name: "b"}}))) == [f"custom.{name}"]
    assert red.patch(path, {"custom": {name: None}}).json()["custom"] == {}


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"type": "choice"}, "choices"),
        ({"type": "text", "choices": ["a"]}, "choices"),
        ({"type": "boolean", "minimum": 1}, "minimum"),
        ({"type": "integer", "minimum": 2, "maximum": 1}, "minimum"),
        ({"type": "text", "required": True}, "default"),
        ({"type": "integer", "default": "1"}, "default"),
        ({"type": "choice", "choices": ["a"], "default": "b"}, "default"),
        ({"type": "integer", "maximum": 1, "default": 2}, "default"),
        ({"type": "text", "name": "Upper"}, "name"),
        ({"type": "text", "resource": "tenants"}, "resource"),
        ({"type": "json"}, "type"),
    ],
    ids=range(11),
)
def test_wrong_definition_is_refused(red, unique, fields, wrong):
    body = {"resource": "devices", "name": unique("f")} | fields
    assert wrong in next(iter(errors_of(red.post("/custom-fields", body))))


def test_definition_stays_sound_when_it_changes(red, unique):
    body = {"resource": "racks", "name": unique("f"), "type": "integer", "maximum": 5}
    path = f"/custom-fields/{red.post('/custom-fields', body).json()['id']}"
    assert list(errors_of(red.patch(path, {"minimum": 6}))) == ["minimum"]
    assert red.patch(path, {"minimum": 5, "default": 5}).json()["default"] == 5
    assert list(errors_of(red.patch(path, {"maximum": 4, "minimum": 3}))) == ["default"]
    assert red.delete(path).status_code == 204


def test_filter_finds_values_of_every_type(red, device_body, define):
    text, number, flag = define("text"), define("integer"), define("boolean")
    values = [{text: "5"}, {number: 5}, {flag: True}, {text: "true"}, {text: "a:b, 'c' \"d\" %"}]
    made = [red.post("/devices", device_body(custom=custom)).json() for custom in values]
    for device, custom in zip(made, values, strict=True):
        ((name, value),) = custom.items()
        asked = f"{name}:{str(value).lower() if value is True else value}"
        found = red.get("/devices", custom=asked, count="exact").json()
        assert (found["items"], found["count"]) == ([device], 1)
    assert red.get("/devices", custom=f"{text}:6").json()["items"] == []


@pytest.mark.parametrize("asked", ["", "support", ":gold", "Support:gold", 'a"b:c', "a:\n"])
def test_wrong_filter_is_refused(viewer, asked):
    assert list(errors_of(viewer.get("/devices", custom=asked))) == ["custom"]


@pytest.mark.parametrize("name", ["devices", "racks", "sites", "prefixes"])
def test_filter_is_served_by_an_index(name, seeded_database):
    resource = RESOURCES[name]
    counted = statements.count(resource, statements.Shape(sort="id", filters=("custom",)))
    values = [value.decode() for value in CustomFilter("floor-space:101").contained]
    text = counted.text.replace("$1::JSONB[]", "%s::JSONB[]")
    with psycopg.connect(seeded_database) as connection:
        # Whatever the order, of so few rows.
        connection.execute("SET enable_indexscan = off")
        plan = str(connection.execute(f"EXPLAIN {text}", [values]).fetchall())
    assert f"Bitmap Index Scan on ix_{name}_custom" in plan


def test_filter_finds_what_was_seeded(viewer):
    found = viewer.get("/devices", custom="support:gold").json()["items"]
    assert found
    assert all(item["custom"] == {"support": "gold"} for item in found)


def test_definitions_are_their_tenants_own(red, blue, viewer, define):
    name = define("text")
    (field,) = red.get("/custom-fields", name=name).json()["items"]
    assert blue.get("/custom-fields", name=name).json()["items"] == []
    assert blue.delete(f"/custom-fields/{field['id']}").status_code == 404
    assert viewer.get(f"/custom-fields/{field['id']}").json() == field
    assert viewer.delete(f"/custom-fields/{field['id']}").status_code == 403


def test_template_has_the_values(red, device_body, define):
    name = define("integer")
    number = red.post("/devices", device_body(custom={name: 7})).json()["id"]
    body = {"template": "{{ device.custom['" + name + "'] + 1 }}", "device_id": number}
    assert red.post("/tools/render", body).json()["output"] == "8"
