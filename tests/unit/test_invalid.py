from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis.errors import Unsatisfiable
from jsonschema import Draft202012Validator

from pytest_cmdbguard.probes.invalid import broken_bodies, drawn_bodies, malformed_texts

SCHEMA = {
    "type": "object",
    "required": ["name", "ports"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 9, "pattern": r"^[^\x00-\x1f]*$"},
        "height": {"type": "integer", "minimum": 1, "maximum": 99},
        "status": {"enum": ["active", "retired"]},
        "ports": {
            "type": "array",
            "maxItems": 2,
            "items": {"type": "object", "properties": {"speed": {"type": "number"}}},
        },
    },
}
VALID = {"name": "a", "ports": [{"speed": 1}]}
SETTINGS = settings(
    max_examples=300,
    database=None,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def test_every_body_is_invalid_and_can_be_sent():
    validator = Draft202012Validator(SCHEMA)
    assert (
        len(broken_bodies(SCHEMA, VALID)) > len(broken_bodies(SCHEMA, VALID, profile="quick")) > 20
    )
    for body in broken_bodies(SCHEMA, VALID):
        assert not validator.is_valid(json.loads(json.dumps(body)))

    @SETTINGS
    @given(drawn_bodies(SCHEMA, VALID))
    def holds(body):
        assert not validator.is_valid(json.loads(json.dumps(body)))

    holds()


@pytest.mark.parametrize(
    ("fault", "matches"),
    [
        ("wrong type", lambda b: isinstance(b["height"], str)),
        ("too long", lambda b: len(b["name"]) > 9),
        ("too short", lambda b: b["name"] == ""),
        ("below", lambda b: b["height"] == 0),
        ("above", lambda b: b["height"] == 100),
        ("huge", lambda b: b["height"] > 2**64),
        ("fraction", lambda b: b["height"] == 0.5),
        ("unknown choice", lambda b: b["status"] == "text"),
        ("missing", lambda b: b == {"ports": [{"speed": 1}]}),
        ("unknown field", lambda b: "cmdbguard_unknown" in b),
        ("control character", lambda b: "\x00" in b["name"]),
        ("deep", lambda b: "a" in b["a"]["a"]["a"]["a"]),
        ("too many", lambda b: len(b["ports"]) == 3),
        ("wrong element", lambda b: b["ports"][0] is None),
        ("no object", lambda b: b == []),
        ("null", lambda b: b is None),
    ],
)
@pytest.mark.parametrize("profile", ["quick", "full"])
def test_bodies_are_broken_in_this_way(fault, matches, profile):
    def is_such(body):
        try:
            return matches(body)
        except (TypeError, KeyError, IndexError, AttributeError):
            return False

    assert any(map(is_such, broken_bodies(SCHEMA, VALID, profile=profile))), fault


def test_luck_replaces_one_thing_by_another_of_its_type():
    found = find(drawn_bodies(SCHEMA, VALID), lambda b: len(b["name"]) > 9, settings=SETTINGS)
    assert found == VALID | {"name": found["name"]}


def test_the_valid_body_is_left_as_it_was():
    before = json.dumps(VALID)
    broken_bodies(SCHEMA, VALID)
    find(drawn_bodies(SCHEMA, VALID), lambda _: True, settings=SETTINGS)
    assert json.dumps(VALID) == before


def test_a_schema_that_refuses_nothing_has_no_invalid_body():
    assert not broken_bodies({}, "x")
    assert drawn_bodies({}, "x").is_empty


def test_a_pattern_that_python_does_not_read_proves_nothing():
    schema = {"type": "string", "pattern": r"\p{L}"}
    assert not any(isinstance(body, str) for body in broken_bodies(schema, "x"))
    with pytest.raises(Unsatisfiable):
        find(drawn_bodies(schema, "x"), lambda _: True, settings=SETTINGS)


def test_malformed_texts_are_no_json():
    @SETTINGS
    @given(malformed_texts())
    def holds(text):
        assert text.strip()
        with pytest.raises((ValueError, RecursionError)):
            json.loads(text, parse_constant=lambda name: float("x" + name))

    holds()
