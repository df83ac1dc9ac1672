"""Requests made from a GraphQL schema, judged by graphql-core: it validates and executes them."""

from __future__ import annotations

import json

import graphql
import pytest

from pytest_cmdbguard.campaigns.graphql import look
from pytest_cmdbguard.model import Exchange
from pytest_cmdbguard.probes.graphql import INTROSPECTION, Schema, ids_in
from pytest_cmdbguard.probes.points import injection_points
from pytest_cmdbguard.probes.surroundings import Surroundings

SDL = """
scalar Date
enum Order { NAME SERIAL }
interface Named { name: String! }
union Found = Device | Site
input Range { from: Date, to: Date }
input Filter { name: String!, order: Order! = NAME, range: Range, not: Filter, tags: [String!]! }
type Device implements Named { id: ID!, name: String!, site: Site, log(since: Date!): [String!] }
type Site implements Named { id: ID!, name: String!, devices(first: Int = 2): [Device!]! }
type Query {
  devices(search: String, first: Int! = 5): [Device!]!
  device(id: ID!): Device
  atSite(siteId: ID!, deep: [[Int!]!]!): [Device]
  filtered(where: Filter!): [Named!]!
  search(text: String!): [Found!]!
  sites: [Site!]!
  "what nobody needs any more"
  old: Boolean! @deprecated
}
type Mutation { rename(id: ID!, name: String!): Device, wipe: Boolean }
"""
SCHEMA = graphql.build_schema(SDL)
PATH = "/graphql"
IDS = {"device": "d-7", "site": "s-3"}


def told(schema=SCHEMA):
    result = graphql.graphql_sync(schema, INTROSPECTION)
    assert not result.errors
    return result.data["__schema"]


def made(ids=None):
    return {op.id: op for op in Schema(told(), PATH).operations(ids or {})}


def request_of(operation):
    """The valid request that the campaigns start from."""
    values = Surroundings(None, ()).values(operation)
    return values["body", "/query"], values["body", "/variables"]


@pytest.mark.parametrize("name", sorted(made()))
def test_every_request_is_valid_and_its_variables_fit(name):
    text, variables = request_of(made(IDS)[name])
    document = graphql.parse(text)
    assert graphql.validate(SCHEMA, document) == []
    (operation,) = document.definitions
    declared = operation.variable_definitions or ()
    coerced = graphql.get_variable_values(SCHEMA, declared, variables)
    errors = coerced if isinstance(coerced, list) else getattr(coerced, "errors", None)
    assert not errors


def test_every_field_of_both_roots_has_a_request():
    fields = [*SCHEMA.query_type.fields, *SCHEMA.mutation_type.fields]
    assert [name.split("_")[2] for name in made()] == fields


def test_variables_are_places_named_by_field_and_argument():
    found = {point.name: point for op in made().values() for point in injection_points(op)}
    wanted = {"/variables/devices_search", "/variables/filtered_where/name"}
    wanted |= {"/variables/filtered_where/tags/0", "/variables/filtered_where/range/from"}
    wanted |= {"/variables/rename_name", "/variables/atSite_deep/0/0"}
    assert wanted <= set(found)
    assert found["/variables/filtered_where/order"].schema["enum"] == ["NAME", "SERIAL"]


def test_arguments_that_name_an_object_get_one_that_exists():
    examples = {op: request_of(operation)[1] for op, operation in made(IDS).items()}
    assert examples["graphql_query_device"]["device_id"] == "d-7"
    assert examples["graphql_query_atSite"]["atSite_siteId"] == "s-3"
    assert examples["graphql_mutation_rename"]["rename_id"] == "d-7"


def test_ids_are_learned_from_answers_by_type():
    answer = {"data": {"a": [{"__typename": "Device", "id": 1, "site": {"__typename": "Site"}}]}}
    assert dict(ids_in(answer)) == {"device": 1}


class Endpoint:
    """A server of the schema, without HTTP."""

    def __init__(self, path, *, introspects=True):
        self.path, self.introspects, self.asked = path, introspects, []

    def post(self, path, *, json):
        return self._answer(path, json)

    def send(self, operation, values):
        body = {name: values["body", f"/{name}"] for name in ("query", "variables")}
        return self._answer(operation.path, body)

    def _answer(self, path, body):
        self.asked.append(path)
        device = {"__typename": "Device", "id": "d-9", "name": "n"}
        root = {"devices": [device], "sites": []}
        found = b"{}"
        if path == self.path and (self.introspects or "__schema" not in body["query"]):
            variables = body.get("variables")
            result = graphql.graphql_sync(
                SCHEMA, body["query"], root, variable_values=variables
            ).formatted
            found = json.dumps(result).encode()
        return Exchange(method="POST", url=path, status=200, headers={}, body=found)


@pytest.mark.parametrize("path", ["/graphql", "/api/graphql/"])
def test_an_endpoint_that_no_document_names_is_found_where_most_lie(path):
    found = look(Endpoint(path), (), Surroundings(None, ()), profile="quick")
    assert found.path == path
    # of those with arguments
    assert len(found.operations) == 6
    device = next(op for op in found.operations if op.id == "graphql_query_device")
    assert request_of(device)[1] == {"device_id": "d-9"}


def test_a_target_without_one_is_told_so():
    found = look(Endpoint("/elsewhere"), (), Surroundings(None, ()), profile="quick")
    assert (found.path, found.operations, found.untold) == ("", (), "")


def test_a_documented_endpoint_that_does_not_introspect_is_no_pass():
    operation = made()["graphql_query_device"]
    endpoint = Endpoint(PATH, introspects=False)
    found = look(endpoint, (operation,), Surroundings(None, ()), profile="quick")
    assert found.untold == PATH
