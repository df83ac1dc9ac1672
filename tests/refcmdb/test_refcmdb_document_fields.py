"""Custom fields of devices in CSV and YAML, on a real server."""

from __future__ import annotations

import csv
import io

import pytest
import yaml
from documents import YAML, bring, brought_back, row, table
from seeing import errors_of

CUSTOM = {
    "text": (
        {},
        ["", "x", " x ", "a, b;c", "=1+1", "'", "'=1", "5", "true", "2024-02-29", "null"],
    ),
    "integer": ({}, [0, -5, 2**53 - 1]),
    "boolean": ({}, [True, False]),
    "date": ({}, ["2024-02-29"]),
    "choice": ({"choices": ["gold", "-1", "yes"]}, ["gold", "-1", "yes"]),
}


@pytest.mark.parametrize("kind", ["csv", "yaml"])
@pytest.mark.parametrize("of", CUSTOM)
def test_custom_fields_come_back_as_they_were(kind, of, red, device_body, define):
    options, values = CUSTOM[of]
    name = define(of, **options)
    for value in values:
        device = red.post("/devices", device_body(custom={name: value})).json()
        custom = brought_back(red, device, kind)["custom"]
        assert custom == {name: value}
        assert type(custom[name]) is type(value)


@pytest.mark.parametrize("kind", ["csv", "yaml"])
def test_taken_away_custom_field_does_not_come_back(kind, red, device_body, define):
    before = red.post("/devices", device_body()).json()
    optional = define("text", default="x")
    required = define("choice", choices=["a"], default="a", required=True)
    device = red.post("/devices", device_body(custom={optional: None})).json()
    assert brought_back(red, device, kind)["custom"] == {required: "a"}
    # What is required and was not there becomes what a new device has.
    assert brought_back(red, before, kind)["custom"] == {required: "a"}


def test_empty_cell_is_no_value_and_no_column_the_default(red, unique, define):
    name = define("integer", default=7)
    required = define("boolean", default=False, required=True)
    cells = {f"cf_{name}": "", f"cf_{required}": ""}
    for given, wanted in ((cells, {required: False}), ({}, {name: 7, required: False})):
        answer = bring(red, table(row(unique, **given)))
        assert answer.status_code == 201, answer.text
        assert answer.json()["items"][0]["custom"] == wanted


def test_spreadsheets_spelling_of_booleans_and_dates_of_yaml_are_taken(red, unique, define):
    flag, day = define("boolean"), define("date")
    (item,) = bring(red, table(row(unique, **{f"cf_{flag}": "TRUE"}))).json()["items"]
    assert item["custom"] == {flag: True}
    one = row(unique)
    text = "- " + ", ".join(f"{key}: {value}" for key, value in one.items()).join("{}")
    text = text[:-1] + f", custom_fields: {{{day}: 2024-02-29}}" + "}\n"
    answer = bring(red, text, YAML)
    assert answer.status_code == 201, answer.text
    assert answer.json()["items"][0]["custom"] == {day: "2024-02-29"}


WRONG_CELLS = {
    "integer": ({}, "five", "is no integer"),
    "integer beyond JSON": ({}, "9" * 17, "is no integer"),
    "integer too large": ({"maximum": 9}, "10", "is more than 9"),
    "boolean": ({}, "maybe", "is no boolean"),
    "date": ({}, "29.2.2024", "is no date such as 2026-01-31"),
    "choice": ({"choices": ["a", "b"]}, "c", "is none of a, b"),
    "text too long": ({}, "x" * 501, "Expected `str` of length <= 500"),
    "text too short": ({"minimum": 2}, "x", "is less than 2 characters"),
}


@pytest.mark.parametrize("case", WRONG_CELLS)
@pytest.mark.parametrize("number", [0, 1])
def test_wrong_custom_value_is_told_with_row_and_column(case, number, red, unique, define):
    options, cell, message = WRONG_CELLS[case]
    name = define(case.split()[0], **options)
    rows = [row(unique, **{f"cf_{name}": ""}) for _ in range(2)]
    rows[number][f"cf_{name}"] = cell
    assert errors_of(bring(red, table(*rows))) == {f"[{number}].cf_{name}": message}
    items = [row(unique), row(unique)]
    items[number]["custom_fields"] = {name: int(cell) if cell == "10" else cell}
    wrong = {f"[{number}].custom_fields.{name}": message}
    assert errors_of(bring(red, yaml.safe_dump(items), YAML)) == wrong
    for one in (*rows, *items):
        assert red.get("/devices", serial=one["serial"]).json()["items"] == []


@pytest.mark.parametrize(
    "value", [1.5, ["a"], {"a": 1}, 2**60], ids=["float", "list", "map", "big"]
)
def test_what_no_custom_field_takes_is_told_with_row_and_name(value, red, unique, define):
    name = define("text")
    items = [row(unique), row(unique, custom_fields={name: value})]
    wrong = errors_of(bring(red, yaml.safe_dump(items), YAML))
    assert list(wrong) == [f"[1].custom_fields.{name}"]


def test_no_more_than_twenty_wrong_values_are_told(red, unique, define):
    name = define("integer")
    rows = [row(unique, **{f"cf_{name}": "x"}) for _ in range(30)]
    wrong = errors_of(bring(red, table(*rows)))
    assert list(wrong) == [f"[{number}].cf_{name}" for number in range(20)]


def test_unknown_custom_column_is_told_where_it_has_a_value(red, unique):
    rows = [row(unique, cf_nobody=""), row(unique, cf_nobody="x")]
    wrong = errors_of(bring(red, table(*rows)))
    assert wrong == {"[1].cf_nobody": "there is no such custom field"}
    assert bring(red, table(rows[0])).status_code == 201
    (message,) = errors_of(bring(red, table(row(unique, cf_No="x")))).values()
    assert "cf_" in message


def test_number_is_a_number_for_spreadsheets_and_a_text_no_formula(red, device_body, define):
    number, text = define("integer"), define("text")
    device = red.post("/devices", device_body(custom={number: -5, text: "-5"})).json()
    exported = red.get("/devices/export", serial=device["serial"]).text
    (found,) = csv.DictReader(io.StringIO(exported))
    assert (found[f"cf_{number}"], found[f"cf_{text}"]) == ("-5", "'-5")


def test_custom_columns_are_those_of_the_owners(red, blue, admin, device_body, define):
    name = define("integer")
    mine = red.post("/devices", device_body(custom={name: 5})).json()
    theirs = blue.post("/devices", device_body(site_id=2)).json()
    column = f"cf_{name}"
    assert column in red.get("/devices/export", name="nobody").text
    assert column not in blue.get("/devices/export", limit=1000).text
    both = [admin.get("/devices/export", name=one["name"]).text for one in (mine, theirs)]
    assert column in both[0]
    assert column not in both[1]
    found = [next(csv.DictReader(io.StringIO(text))) for text in both]
    for one, client in ((mine, red), (theirs, blue)):
        assert client.delete(f"/devices/{one['id']}").status_code == 204
    # One document of two owners: an empty cell means nothing to who does not have the field.
    answer = bring(admin, table({column: "", **found[0]}, {column: "", **found[1]} | {column: ""}))
    assert answer.status_code == 201, answer.text
    assert [item["custom"] for item in answer.json()["items"]] == [{name: 5}, theirs["custom"]]


def test_value_without_definition_stays_out_of_documents(red, device_body, unique):
    body = {"resource": "devices", "name": unique("f"), "type": "text"}
    field, name = red.post("/custom-fields", body).json()["id"], body["name"]
    device = red.post("/devices", device_body(custom={name: "a"})).json()
    red.delete(f"/custom-fields/{field}")
    assert name not in red.get("/devices/export", serial=device["serial"]).text
    assert brought_back(red, device, "yaml")["custom"] == {}
