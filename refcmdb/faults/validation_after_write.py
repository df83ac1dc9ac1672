"""A new device is committed with its required fields before the optional ones are validated:
the answer is 422, and the device is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from refcmdb.api.endpoints import ResourceEndpoints
from refcmdb.api.problems import Problem
from refcmdb.api.registry import RESOURCES
from refcmdb.api.schemas import DeviceBody

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

KIND = "fault"
CHECK = "CG-VAL-001"
OPERATION = "devices_create"
REQUIRED = ("name", "serial", "site_id", "device_type_id")


def plant() -> None:
    """First the device, to have its number, then its attributes."""
    production = ResourceEndpoints.create

    async def create(self: ResourceEndpoints, request: Request) -> Response:
        if self.resource is not RESOURCES["devices"]:
            return await production(self, request)
        raw = await request.body()
        try:
            return await production(self, request)
        except Problem as problem:
            if problem.status == 422:
                await _create_bare(self, request, raw)
            raise

    ResourceEndpoints.create = create  # type: ignore[method-assign]


async def _create_bare(endpoints: ResourceEndpoints, request: Request, raw: bytes) -> None:
    try:
        given = msgspec.json.decode(raw)
        bare = {name: given[name] for name in REQUIRED}
        bare |= {"tenant_id": given["tenant_id"]} if given.get("tenant_id") else {}
        body = msgspec.convert(bare, DeviceBody)
    except (msgspec.ValidationError, KeyError, TypeError):
        return
    writer = await endpoints.writer(request)
    await writer.create([body])
