"""A document is narrowed to the part that a gate is about, and stays whole in itself."""

from __future__ import annotations

import pytest

from pytest_cmdbguard.probes.document import operations
from pytest_cmdbguard.targets.nautobot import kit
from pytest_cmdbguard.targets.scope import count, narrowed, told, whole


def reference(name):
    return {"$ref": f"#/components/schemas/{name}"}


def query(name, *, required=False):
    return {"in": "query", "name": name, "required": required, "schema": {"type": "string"}}


@pytest.fixture
def document():
    required = query("at__once", required=True)
    answer = {"responses": {"200": {"description": "ok"}}}
    body = {"content": {"application/json": {"schema": reference("Device")}}}
    schemas = {
        "Device": {"type": "object", "properties": {"site": reference("Site")}},
        "Site": {"type": "object", "properties": {"parent": reference("Site")}},
        "Job": {"type": "object"},
    }
    return {
        "openapi": "3.0.3",
        "info": {"title": "a service", "version": "1"},
        "paths": {
            "/devices/": {
                "get": {"parameters": [query("name"), query("name__ic")], **answer},
                "post": {"requestBody": body, **answer},
            },
            "/devices/{id}/": {"get": {"parameters": [required], **answer}},
            "/jobs/": {"get": answer},
        },
        "components": {"schemas": schemas, "securitySchemes": {"token": {"type": "http"}}},
    }


def test_only_the_chosen_paths_stay(document):
    assert count(document) == 4
    chosen = operations(narrowed(document, paths=["/devices/*"]), where="")
    expected = {"GET /devices/", "POST /devices/", "GET /devices/{id}/"}
    assert {str(one) for one in chosen} == expected


def test_single_operations_can_be_chosen(document):
    chosen = operations(narrowed(document, paths=["GET /devices/*", "/jobs/"]), where="")
    assert {str(one) for one in chosen} == {"GET /devices/", "GET /devices/{id}/", "GET /jobs/"}


def test_what_is_left_out_is_known_and_told(document):
    assert told(document) == ""
    less = narrowed(document, paths=["GET /devices/"], without=["*__*"])
    everything = {str(one) for one in operations(document, where="")}
    assert {str(one) for one in operations(whole(less), where="")} == everything
    assert told(less) == "1 of 4 operations, without 1 of their query parameters"


def test_what_the_chosen_refer_to_stays_however_indirectly(document):
    components = narrowed(document, paths=["/devices/"])["components"]
    assert set(components["schemas"]) == {"Device", "Site"}
    assert components["securitySchemes"] == document["components"]["securitySchemes"]


def test_query_parameters_can_be_left_out_unless_they_are_required(document):
    paths = narrowed(document, paths=(), without=["*__*"])["paths"]
    assert [one["name"] for one in paths["/devices/"]["get"]["parameters"]] == ["name"]
    assert paths["/devices/{id}/"]["get"]["parameters"][0]["name"] == "at__once"


def test_the_document_itself_is_left_alone(document):
    before = str(document)
    narrowed(document, paths=["/jobs/"], without=["*"])
    assert str(document) == before


def test_nautobot_is_told_of_its_database_in_its_own_words(tmp_path):
    url = "postgresql://cmdb:se%2Fcret@127.0.0.1:5432/nb?sslmode=verify-full&sslrootcert=/a.pem"
    told = kit.environment(database_url=url, redis_url="unix:///r?db=3", home=tmp_path)
    database = {k: v for k, v in told.items() if k.startswith("CMDBGUARD_DB_")}
    assert database == {
        "CMDBGUARD_DB_NAME": "nb",
        "CMDBGUARD_DB_USER": "cmdb",
        "CMDBGUARD_DB_PASSWORD": "se/cret",
        "CMDBGUARD_DB_HOST": "127.0.0.1",
        "CMDBGUARD_DB_PORT": "5432",
        "CMDBGUARD_DB_SSLMODE": "verify-full",
        "CMDBGUARD_DB_SSLROOTCERT": "/a.pem",
    }
    assert told["CMDBGUARD_REDIS_URL"] == "unix:///r?db=3"
