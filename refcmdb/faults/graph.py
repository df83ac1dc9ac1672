"""What faults and twins of GraphQL have in common: an endpoint for devices."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import graphql
from starlette.routing import Route

from refcmdb.api import application, endpoints
from refcmdb.api.endpoints import Methods
from refcmdb.api.reading import Backend
from refcmdb.services.database import Statement

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


Resolve = Callable[[Backend, Any], Awaitable[Any]]

SDL = """
enum Order { NAME SERIAL }
input DeviceFilter { serial: String, status: String = "active", order: Order! = NAME }
type Device { id: ID!, name: String!, serial: String!, site: Site }
type Site { id: ID!, name: String!, devices: [Device!]! }
type Query {
  devices(search: String, limit: Int = 5): [Device!]!
  device(id: ID!): Device
  filtered(where: DeviceFilter!): [Device!]!
  label(text: String!): String
}
"""
DEVICES = "SELECT id::text, name, serial FROM devices"


def serve(**resolvers: Resolve) -> None:
    """Serve the schema at ``/graphql``; ``resolvers`` take the place of sound ones.

    A resolver gets the backend and the arguments of its field.
    """
    schema = graphql.build_schema(SDL)
    production = application._general_routes
    fields: dict[str, Resolve] = {"devices": devices, "device": device, "filtered": filtered}
    fields |= {"label": label, **resolvers}

    def general_routes(backend: Backend) -> list[Route]:
        async def answer(request: Request) -> Response:
            await endpoints.who_asks(backend, request)
            told = json.loads(await request.body())
            result = await graphql.graphql(
                schema,
                told["query"],
                root_value={name: _bound(backend, work) for name, work in fields.items()},
                variable_values=told.get("variables"),
            )
            return endpoints.json_response(result.formatted)

        return [*production(backend), Route("/graphql", Methods({"POST": answer}))]

    application._general_routes = general_routes


async def devices(backend: Backend, told: Any) -> Any:  # noqa: ANN401 - what the schema says
    """Those whose name or serial has the text in it."""
    where = " WHERE position($1 IN name || serial) > 0 LIMIT $2"
    values = {"search": told.get("search") or "", "limit": told["limit"]}
    return await rows(backend, DEVICES + where, **values)


async def device(backend: Backend, told: Any) -> Any:  # noqa: ANN401 - as above
    """One of them."""
    found = await rows(backend, f"{DEVICES} WHERE id::text = $1", id=told["id"])
    return next(iter(found), None)


async def filtered(backend: Backend, told: Any) -> Any:  # noqa: ANN401 - as above
    """Those with a serial and a status."""
    where = told["where"]
    order = {"NAME": "name", "SERIAL": "serial"}[where["order"]]
    text = f"{DEVICES} WHERE serial = $1 AND status = $2 ORDER BY {order} LIMIT 5"
    values = {"serial": where.get("serial", ""), "status": where["status"]}
    return await rows(backend, text, **values)


async def label(_backend: Backend, told: Any) -> Any:  # noqa: ANN401 - as above
    """A text for a sticker."""
    return told["text"].upper()


async def rows(backend: Backend, text: str, **values: object) -> list[dict[str, Any]]:
    """What a statement finds, as the schema names it."""
    found = await backend.database.fetch(Statement(text, tuple(values)), values)
    return [dict(zip(("id", "name", "serial"), row, strict=True)) for row in found]


def _bound(backend: Backend, work: Resolve) -> Callable[..., Awaitable[Any]]:
    return lambda _info, **told: work(backend, told)
