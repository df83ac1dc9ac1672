import pytest

from pytest_cmdbguard.model import Operation, Parameter
from pytest_cmdbguard.probes.carriers import Carriers, names_an_object, names_in_bulk

CARRIERS = Carriers(
    ["/v1/sites", "/v1/devices", "/v1/device-types", "/v1/ip-addresses", "/v1/prefixes"]
)


def operation(method, path, **parts):
    return Operation(id="x", method=method, path=path, **parts)


def body(**properties):
    return operation("POST", "/v1/things", body={"type": "object", "properties": properties})


@pytest.mark.parametrize(
    ("name", "collection"),
    [
        ("site_id", "/v1/sites"),
        ("siteId", "/v1/sites"),
        ("device_ids", "/v1/devices"),
        ("device_type_id", "/v1/device-types"),
        ("ipAddressId", "/v1/ip-addresses"),
        ("prefix_id", "/v1/prefixes"),
        ("parent_site_id", "/v1/sites"),
        ("site", ""),
        ("valid", ""),
        ("id", ""),
        ("tenant_id", ""),
    ],
)
def test_a_name_refers_to_a_collection_by_its_ending(name, collection):
    assert CARRIERS.named(name) == collection


def test_a_path_names_the_objects_it_leads_through():
    nested = operation("GET", "/v1/devices/{id}/addresses/{ip_address_id}")
    assert CARRIERS.in_path(nested) == {"id": "/v1/devices", "ip_address_id": "/v1/ip-addresses"}
    assert CARRIERS.in_path(operation("GET", "/v1/changes/{id}")) == {}


def test_fields_and_filters_name_objects_and_other_numbers_do_not():
    number = {"type": "integer"}
    asked = operation(
        "GET",
        "/v1/devices",
        parameters=(
            Parameter(location="query", name="site_id", schema=number),
            Parameter(location="query", name="limit", schema=number),
        ),
    )
    assert [(p.name, c) for p, c in CARRIERS.beside_path(asked)] == [("site_id", "/v1/sites")]
    sent = body(site_id=number, height=number, site={"properties": {"id": number}})
    assert {p.name for p, _ in CARRIERS.beside_path(sent)} == {"/site_id", "/site/id"}


def test_a_list_of_bare_ids_names_objects_of_the_path():
    ids = {"type": "array", "items": {"type": "integer"}}
    retire = operation("POST", "/v1/devices/retire", body={"properties": {"ids": ids}})
    assert [(p.name, c) for p, c in CARRIERS.beside_path(retire)] == [("/ids/0", "/v1/devices")]
    assert names_in_bulk(retire)
    assert not names_in_bulk(body(site_id={"type": "integer"}))


def test_what_an_operation_is_about_is_said_by_path_or_body():
    assert names_an_object(operation("GET", "/v1/sites/{id}"))
    assert names_an_object(body(site_id={"type": "integer"}))
    assert not names_an_object(body(name={"type": "string"}))
