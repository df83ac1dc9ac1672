"""Markup probes fit into the places that they are made for."""

import pytest

from pytest_cmdbguard.model import Parameter
from pytest_cmdbguard.probes.markup import markup_probes, running_probes


def place(name="text", **schema):
    return Parameter(location="query", name=name, schema={"type": "string", **schema})


@pytest.mark.parametrize("longest", [30, 50, 100, 200])
def test_a_place_gets_the_longest_probe_that_it_has_room_for(longest):
    probe = next(markup_probes("quick")(place(maxLength=longest)))
    assert len(probe.text) <= longest
    assert f"<{probe.tokens[1]}" in probe.text


@pytest.mark.parametrize(
    "schema", [{"maxLength": 10}, {"enum": ["a"]}, {"pattern": "^[a-z]+$"}, {"type": "integer"}]
)
def test_a_place_that_takes_no_markup_gets_none(schema):
    assert list(markup_probes("quick")(place(**schema))) == []


def test_a_place_for_addresses_gets_paths():
    probes = list(markup_probes("quick")(place("next")))
    assert [probe.text[0] for probe in probes] == ["/", "j"]


def test_what_is_made_to_run_calls_the_function_with_its_token():
    for probe in running_probes("cg12345678")(place()):
        assert "cg12345678" in probe.text
        assert probe.tokens[0] in probe.text
