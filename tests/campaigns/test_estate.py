import dataclasses

import pytest

from pytest_cmdbguard.campaigns.estate import _is_below
from pytest_cmdbguard.campaigns.marking import choices, text_fields
from pytest_cmdbguard.campaigns.questions import newest_first, questions
from pytest_cmdbguard.errors import GuardError
from pytest_cmdbguard.model import Operation, Parameter


def body(**properties):
    return Operation(id="x", method="POST", path="/x", body={"properties": properties})


def test_every_resource_that_tenants_can_create_is_in_the_estate(estate):
    created = {owned.collection_path.rpartition("/")[2] for owned in estate.objects}
    assert created == {
        "sites", "racks", "devices", "interfaces", "prefixes", "ip-addresses", "vlans",
        "attachments", "credentials", "webhooks", "config-templates", "vrfs", "cables",
        "journal-entries", "regions", "locations", "contacts", "contact-assignments",
        "custom-fields", "saved-views",
    }  # fmt: skip


def test_object_that_takes_what_no_other_may_have_gets_it(cmdb, estate):
    create = cmdb.operations["cables_create"]
    ends = [
        {made.fields["a_interface_id"], made.fields["b_interface_id"]}
        for made in (estate.create(create) for _ in range(2))
    ]
    assert len(ends[0] | ends[1]) == 4


def test_only_the_owner_and_who_sees_all_is_shown_a_token(cmdb, estate):
    for owned in estate.objects:
        read = cmdb.operations[
            f"{owned.collection_path.rpartition('/')[2].replace('-', '_')}_read"
        ]
        values = {("path", owned.parameter): owned.id}
        shown = {
            actor.name: estate.shown_in(cmdb.api.as_actor(actor.name).send(read, values))
            for actor in cmdb.cast.actors
        }
        assert {name for name, token in shown.items() if token} == {
            "viewer-red", "operator-red", "admin",
        }  # fmt: skip
        assert estate.owner_of(shown["admin"]) is owned.owner


def test_an_object_leads_to_its_own_row_and_not_to_the_change_log(cmdb, estate):
    tables = {owned.row(cmdb.rows).table for owned in estate.objects}
    assert len(tables) == len(estate.objects)
    assert "changes" not in tables
    other = dataclasses.replace(estate.objects[0], id=-1)
    with pytest.raises(GuardError, match="no row with id -1"):
        other.row(cmdb.rows)


def test_fields_that_refuse_a_token_keep_their_value(estate):
    marked = {
        owned.collection_path.rpartition("/")[2]: set(owned.marks) for owned in estate.objects
    }
    assert "name" in marked["devices"]
    assert "mac" not in marked["interfaces"]
    assert "address" not in marked["ip-addresses"]
    assert all(marked.values())


def test_fresh_objects_are_new_ones_with_tokens_of_their_own(cmdb, estate):
    update = cmdb.operations["devices_update"]
    first, second = estate.fresh(update), estate.fresh(update)
    assert first.id != second.id
    assert not set(first.tokens) & set(second.tokens)
    assert estate.fresh(cmdb.operations["changes_read"]) is None


def test_an_object_that_was_given_back_is_the_next_fresh_one(cmdb, estate):
    update = cmdb.operations["vlans_update"]
    owned = estate.fresh(update)
    estate.give_back(owned)
    assert estate.fresh(cmdb.operations["vlans_delete"]) is owned
    assert estate.fresh(update).id != owned.id


def test_a_change_writes_a_new_token_into_a_field_that_takes_one(cmdb, estate):
    update = cmdb.operations["sites_update"]
    owned = estate.fresh(update)
    token, values = estate.change(update, owned)
    owner = cmdb.api.as_actor(owned.owner.name)
    assert owner.send(update, values).status == 200
    assert token.encode() in owner.send(estate.reader(update), values).body


def test_an_object_is_asked_for_by_its_id_its_tokens_and_its_fields(cmdb, estate):
    (detail,) = questions(cmdb.operations["devices_read"], estate)
    device = next(owned for owned in estate.objects if owned.collection_path.endswith("/devices"))
    assert detail.own == {("path", "id"): device.id}
    listed = [q.own for q in questions(cmdb.operations["devices_list"], estate)]
    assert listed[0] == {("query", "limit"): 100, ("query", "sort"): "-id"}
    asked = {name for values in listed for _, name in values}
    assert {"q", "site_id", "serial", "name"} <= asked
    assert {values["query", "q"] for values in listed if ("query", "q") in values} == {
        token[:-1] for token in device.tokens
    }


@pytest.mark.parametrize(
    ("path", "prefix", "below"),
    [
        ("/tags", "/tags", True),
        ("/tags/{id}", "/tags", True),
        ("/tags/{id}", "/tags/", True),
        ("/tagsets", "/tags", False),
        ("/", "/", True),
        ("/devices", "/", False),
    ],
)
def test_what_is_shared_is_a_path_and_what_lies_below(path, prefix, below):
    assert _is_below(path, prefix) is below


@pytest.mark.parametrize(
    ("schema", "takes"),
    [
        ({"type": "string"}, True),
        ({"type": ["string", "null"]}, True),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, True),
        ({"type": "string", "maxLength": 12}, True),
        ({"type": "string", "maxLength": 11}, False),
        ({"type": "string", "pattern": "^[a-z0-9]+$"}, True),
        ({"type": "string", "pattern": "^[A-Z]+$"}, False),
        ({"type": "string", "format": "email"}, False),
        ({"type": "string", "enum": ["a"]}, False),
        ({"type": "integer"}, False),
    ],
)
def test_a_field_takes_a_token_when_its_schema_allows_one(schema, takes):
    assert text_fields(body(field=schema)) == (["field"] if takes else [])


def test_all_fields_are_marked_if_possible_else_all_but_one_else_one():
    assert list(choices("abc")) == [
        ("a", "b", "c"),
        ("b", "c"), ("a", "c"), ("a", "b"),
        ("a",), ("b",), ("c",),
    ]  # fmt: skip
    assert list(choices("a")) == [("a",)]
    assert list(choices("")) == []


def test_a_list_without_sizes_and_order_is_asked_plainly():
    assert newest_first(Operation(id="x", method="GET", path="/x")) == {}


def test_newest_objects_are_found_by_age_where_ids_are_random():
    names = ("sort", "created", "limit")
    parameters = tuple(Parameter(location="query", name=name) for name in names)
    listed = Operation(id="x", method="GET", path="/x", parameters=parameters)
    assert newest_first(listed) == {("query", "limit"): 100, ("query", "sort"): "-created"}
