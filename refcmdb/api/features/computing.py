"""``/tools/compute``: arithmetic on the figures of a device."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import sqlalchemy as sa

from refcmdb import models
from refcmdb.api import endpoints
from refcmdb.api.features.around import bad_input_told, named_device, tool_user
from refcmdb.api.features.endpoint import Endpoint
from refcmdb.api.requests import read_body
from refcmdb.api.schemas.automation import Computation, Computed
from refcmdb.services import expressions
from refcmdb.services.database import Statement, compiled

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from refcmdb.api.reading import Backend
    from refcmdb.api.schemas import DeviceItem

FIGURES = ("ports", "ports_enabled", "addresses", "height_units")


async def compute(backend: Backend, request: Request) -> Response:
    """One value."""
    actor = await tool_user(backend, request)
    wanted = await read_body(request, Computation)
    figures = await figures_of(backend, await named_device(backend, actor, wanted.device_id))
    with bad_input_told(request):
        value = expressions.evaluate(wanted.expression, figures)
    return endpoints.json_response(Computed(value=value, figures=figures))


async def figures_of(backend: Backend, device: DeviceItem) -> dict[str, int]:
    """The variables of an expression."""
    ((*counts,),) = await backend.database.fetch(_counted(), {"id": device.id})
    return dict(zip(FIGURES, counts, strict=True)) | {"tags": len(device.tags)}


@functools.cache
def _counted() -> Statement:
    ports, addresses, kinds = models.interfaces.c, models.ip_addresses.c, models.device_types.c
    of_device = ports.device_id == models.devices.c.id
    counted = sa.select(sa.func.count()).select_from(models.interfaces).where(of_device)
    assigned = (
        sa.select(sa.func.count())
        .select_from(models.ip_addresses.join(models.interfaces))
        .where(of_device, addresses.interface_id == ports.id)
    )
    height = sa.select(kinds.height_units).where(kinds.id == models.devices.c.device_type_id)
    columns = (
        counted.scalar_subquery(),
        counted.where(ports.enabled).scalar_subquery(),
        assigned.scalar_subquery(),
        height.scalar_subquery(),
    )
    number = sa.bindparam("id", type_=sa.BigInteger)
    return compiled(sa.select(*columns).where(models.devices.c.id == number))


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/tools/compute",
        id="tools_compute",
        summary="Arithmetic on the figures of a device",
        tag="tools",
        handle=compute,
        answer=Computed,
        body=Computation,
        errors=(400, 401, 403, 413, 415, 422),
    ),
)
