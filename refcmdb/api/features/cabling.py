"""Where a line leads, and what a device's failure means."""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from refcmdb import models
from refcmdb.api import constraints, endpoints, reading
from refcmdb.api.features.endpoint import Endpoint
from refcmdb.api.references import left_of
from refcmdb.api.registry import RESOURCES
from refcmdb.api.requests import read_query, require_id
from refcmdb.api.schemas.cabling import (
    AffectedDevice,
    Hop,
    Impact,
    ImpactQuery,
    Trace,
    TraceQuery,
)
from refcmdb.services.database import Statement, compiled
from refcmdb.services.topology import Exploration

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from refcmdb.api.reading import Backend
    from refcmdb.auth.actors import Actor

# Who has one of these within reach is not cut off.
WAYS_OUT = frozenset({"core", "router", "firewall"})
SHOWN = ("id", "name", "role", "status", "site_id", "rack_id")

# From one interface to the next: by the cable, then through the device to the interface that leads
# on, and so forth. Where two name one to lead on to, the one that it names itself goes first.
PATH = Statement(
    """
    WITH RECURSIVE path (step, interface_id, cable_id) AS (
        SELECT 0, $1::bigint, NULL::bigint
         UNION ALL
        SELECT path.step + 1, following.interface_id, following.cable_id
          FROM path CROSS JOIN LATERAL (
              (SELECT CASE a_interface_id WHEN path.interface_id THEN b_interface_id
                      ELSE a_interface_id END AS interface_id, id AS cable_id
                 FROM cables
                WHERE path.step % 2 = 0
                  AND (a_interface_id = path.interface_id OR b_interface_id = path.interface_id))
               UNION ALL
              (SELECT through.interface_id, NULL
                 FROM ((SELECT 1 AS rank, through_id AS interface_id FROM interfaces
                         WHERE id = path.interface_id AND through_id IS NOT NULL)
                        UNION ALL
                       (SELECT 2, id FROM interfaces WHERE through_id = path.interface_id)
                      ) AS through
                WHERE path.step % 2 = 1
                ORDER BY through.rank LIMIT 1)
          ) AS following
         WHERE path.step <= $2::bigint
    ) CYCLE interface_id SET looped USING passed
    SELECT interface_id, interfaces.name, device_id, devices.name, cable_id, looped
      FROM path
      JOIN interfaces ON interfaces.id = interface_id
      JOIN devices ON devices.id = device_id
     WHERE interfaces.tenant_id = $3::bigint
     ORDER BY step
    """,
    ("id", "depth", "tenant"),
)


async def trace(backend: Backend, request: Request) -> Response:
    """One statement, however long the path."""
    actor = await endpoints.who_asks(backend, request)
    query, number = read_query(request, TraceQuery), require_id(request, "an interface")

    async def compute() -> Trace:
        return await path_of(backend, actor, number, depth=query.depth)

    tags = _tags(actor, "interfaces", "cables", "devices")
    return await endpoints.cached(
        backend, request, actor=actor, tags=tags, query=query, compute=compute
    )


async def path_of(backend: Backend, actor: Actor, number: int, *, depth: int) -> Trace:
    """The path that begins with an interface. Raises: Problem 404."""
    start: Any = await reading.read_detail(backend, RESOURCES["interfaces"], actor, number)
    values = {"id": number, "depth": depth, "tenant": start.tenant_id}
    rows = await backend.database.fetch(PATH, values, steady=True)
    hops = [Hop(*row[:-1]) for row in rows if not row[-1]]
    looped = any(row[-1] for row in rows)
    shown = await _shown(backend, actor, hops)
    truncated = len(shown) > depth + 1 or len(shown) < len(hops)
    return Trace(shown[: depth + 1], looped=looped and not truncated, truncated=truncated)


async def _shown(backend: Backend, actor: Actor, hops: list[Hop]) -> list[Hop]:
    """The path up to where constraints hide an interface, or the cable to it, from the actor."""
    if not constraints.of(actor).held:
        return hops
    ports, cables = {hop.interface_id for hop in hops}, {hop.cable_id for hop in hops} - {None}
    async with backend.database.session(steady=True) as session:
        here = await left_of(session, actor, models.interfaces, ports)
        led = {None, *await left_of(session, actor, models.cables, cables)}
    kept = itertools.takewhile(lambda hop: hop.interface_id in here and hop.cable_id in led, hops)
    return [*kept]


async def impact(backend: Backend, request: Request) -> Response:
    """A statement per distance, and two for what is shown."""
    actor = await endpoints.who_asks(backend, request)
    query, number = read_query(request, ImpactQuery), require_id(request, "a device")

    async def compute() -> Impact:
        return await impact_of(backend, actor, number, query)

    tags = _tags(actor, "devices", "interfaces", "cables", "ip_addresses")
    return await endpoints.cached(
        backend, request, actor=actor, tags=tags, query=query, compute=compute
    )


async def impact_of(backend: Backend, actor: Actor, number: int, query: ImpactQuery) -> Impact:
    """What the failure of a device means. Raises: Problem 404."""
    root: Any = await reading.read_detail(backend, RESOURCES["devices"], actor, number)
    exploration, own = Exploration(number, most=query.limit), constraints.of(actor)
    async with backend.database.session(steady=True) as session:
        for _ in range(query.depth):
            values = {"ids": exploration.nearest, "tenant": root.tenant_id, **own.values}
            pairs = await session.fetch(_neighbours(own.held), values)
            exploration.take((near, far) for near, far in pairs)
            if not exploration.nearest:
                break
        around = exploration.ended()
        rows = await session.fetch(_devices(), {"ids": list(around.distances)})
        ways_out = {row[0] for row in rows if row[2] in WAYS_OUT} - {number}
        items = [
            AffectedDevice(
                **dict(zip(SHOWN, row, strict=True)),
                distance=around.distances[row[0]],
                cut_off=around.cut_off(row[0], ways_out),
            )
            for row in rows
            if row[0] != number
        ]
        lost = [root, *(item for item in items if item.cut_off)]
        values = {"ids": [one.id for one in lost], **own.values}
        counted = await session.fetch(_addresses(own.held), values)
    return Impact(
        items=sorted(items, key=lambda item: (item.distance, item.id)),
        cut_off=len(lost) - 1,
        addresses=counted[0][0],
        sites=len({one.site_id for one in lost}),
        racks=len({one.rack_id for one in lost} - {None}),
        truncated=exploration.truncated or bool(exploration.nearest),
    )


def _tags(actor: Actor, *names: str) -> list[str]:
    return [tag for name in names for tag in reading.tags_of_list(RESOURCES[name], actor)]


def _ids() -> sa.BindParameter[Any]:
    return sa.bindparam("ids", type_=ARRAY(sa.BigInteger))


@functools.lru_cache(maxsize=256)
def _neighbours(held: constraints.Held) -> Statement:
    """From the A ends to the B ends and back: each is a lookup in an index."""
    cables, here, there = models.cables, models.interfaces.alias(), models.interfaces.alias()
    ways = [
        sa.select(here.c.device_id, there.c.device_id)
        .join_from(here, cables, cables.c[near] == here.c.id)
        .join(there, there.c.id == cables.c[far])
        .where(
            here.c.device_id == sa.any_(_ids()),
            cables.c.tenant_id == sa.bindparam("tenant", type_=sa.BigInteger),
            *constraints.kept(cables, held),
        )
        for near, far in (
            ("a_interface_id", "b_interface_id"),
            ("b_interface_id", "a_interface_id"),
        )
    ]
    return compiled(sa.union(*ways))


@functools.cache
def _devices() -> Statement:
    columns = models.devices.c
    return compiled(
        sa.select(*(columns[name] for name in SHOWN)).where(columns.id == sa.any_(_ids()))
    )


@functools.lru_cache(maxsize=256)
def _addresses(held: constraints.Held) -> Statement:
    interfaces, addresses = models.interfaces.c, models.ip_addresses.c
    return compiled(
        sa.select(sa.func.count())
        .select_from(models.ip_addresses)
        .join(models.interfaces, interfaces.id == addresses.interface_id)
        .where(interfaces.device_id == sa.any_(_ids()))
        .where(*constraints.kept(models.ip_addresses, held))
    )


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/interfaces/{id}/trace",
        id="interfaces_trace",
        summary="The path that begins with an interface, cable by cable",
        tag="interfaces",
        handle=trace,
        answer=Trace,
        query=TraceQuery,
        errors=(401, 404, 422),
    ),
    Endpoint(
        method="GET",
        path="/devices/{id}/impact",
        id="devices_impact",
        summary="What a device's failure means for those that cables connect with it",
        tag="devices",
        handle=impact,
        answer=Impact,
        query=ImpactQuery,
        errors=(401, 404, 422),
    ),
)
