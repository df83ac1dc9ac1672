"""Around the resources: the numbers of a site, a port of a device, many retired at once."""

# No postponed annotations here: msgspec reads them at run time.

import functools
from typing import Annotated, Any

import msgspec
import sqlalchemy as sa
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from refcmdb import models
from refcmdb.api import constraints, reading, schemas
from refcmdb.api.endpoints import NoQuery, ResourceEndpoints, json_response, who_asks
from refcmdb.api.features.endpoint import Endpoint
from refcmdb.api.problems import missing
from refcmdb.api.reading import Backend
from refcmdb.api.registry import RESOURCES
from refcmdb.api.requests import read_body, read_query
from refcmdb.api.schemas.bodies import Body
from refcmdb.api.values import LARGEST_ID, Id
from refcmdb.auth.actors import Actor
from refcmdb.services.database import Statement, compiled

COUNTED = ("racks", "devices", "vlans", "prefixes")


class SiteSummary(msgspec.Struct):
    """How much stands in a site."""

    site_id: Id
    racks: int
    devices: int
    vlans: int
    prefixes: int


class Retirement(Body, kw_only=True):
    """The devices that go out of service."""

    ids: Annotated[list[Id], Meta(min_length=1, max_length=100)]


class Retired(msgspec.Struct):
    """The devices as they are now."""

    items: list[schemas.DeviceItem]


async def summary(backend: Backend, request: Request) -> Response:
    """The numbers of one site, for who may see the site."""
    actor = await who_asks(backend, request)
    read_query(request, NoQuery)
    site = await site_of(backend, actor, number_in(request, "id", "a site"))
    own = constraints.of(actor)
    rows = await backend.database.fetch(_counts(own.held), {"id": site.id, **own.values})
    return json_response(SiteSummary(site.id, *rows[0]))


async def site_of(backend: Backend, actor: Actor, number: int) -> Any:  # noqa: ANN401 - made at run time
    """A site that the actor may see. Raises: Problem 404."""
    return await reading.read_detail(backend, RESOURCES["sites"], actor, number)


async def device_interface(backend: Backend, request: Request) -> Response:
    """An interface, if it is one of that device."""
    actor = await who_asks(backend, request)
    read_query(request, NoQuery)
    device = number_in(request, "id", "a device")
    await reading.read_detail(backend, RESOURCES["devices"], actor, device)
    number = number_in(request, "interface_id", "an interface")
    return json_response(await interface_of(backend, actor, device, number))


async def interface_of(backend: Backend, actor: Actor, device: int, number: int) -> Any:  # noqa: ANN401 - made at run time
    """The interface of a device. Raises: Problem 404."""
    interfaces = RESOURCES["interfaces"]
    found: Any = await reading.read_detail(backend, interfaces, actor, number)
    if found.device_id != device:
        raise missing(interfaces.singular)
    return found


async def retire(backend: Backend, request: Request) -> Response:
    """All of the devices, or none; each is a change of its own."""
    writer = await ResourceEndpoints(backend, RESOURCES["devices"]).writer(request)
    wanted = await read_body(request, Retirement)
    ids = sorted(set(wanted.ids))
    await require_all(backend, writer.actor, ids)
    patch = msgspec.convert({"status": "retired"}, RESOURCES["devices"].patch)
    items: list[Any] = [await writer.patch(number, patch) for number in ids]
    return json_response(Retired(items))


async def require_all(backend: Backend, actor: Actor, ids: list[int]) -> None:
    """Raises: Problem 404 if one of the devices is none that the actor may see."""
    for number in ids:
        await reading.read_detail(backend, RESOURCES["devices"], actor, number)


def number_in(request: Request, name: str, what: str) -> int:
    """A number in the path. Raises: Problem 404 for what cannot be one."""
    text = request.path_params[name]
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
    if not 1 <= number <= LARGEST_ID:
        raise missing(what)
    return number


@functools.lru_cache(maxsize=256)
def _counts(held: constraints.Held) -> Statement:
    tables = [models.metadata.tables[name] for name in COUNTED]
    site = sa.bindparam("id", type_=sa.BigInteger)
    counts = [
        sa.select(sa.func.count())
        .where(table.c.site_id == site, *constraints.kept(table, held))
        .scalar_subquery()
        for table in tables
    ]
    return compiled(sa.select(*counts))


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/sites/{id}/summary",
        id="sites_summary",
        summary="How much stands in a site",
        tag="sites",
        handle=summary,
        answer=SiteSummary,
        errors=(401, 404, 422),
    ),
    Endpoint(
        method="GET",
        path="/devices/{id}/interfaces/{interface_id}",
        id="devices_interface",
        summary="One interface of a device",
        tag="devices",
        handle=device_interface,
        answer=schemas.InterfaceItem,
        places={"interface_id": {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}},
        errors=(401, 404, 422),
    ),
    Endpoint(
        method="POST",
        path="/devices/retire",
        id="devices_retire",
        summary="Take devices out of service, all or none",
        tag="devices",
        handle=retire,
        answer=Retired,
        body=Retirement,
        errors=(400, 401, 403, 404, 409, 413, 415, 422),
    ),
)
