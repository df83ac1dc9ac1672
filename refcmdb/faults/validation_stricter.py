"""A new device is validated more strictly than documented: no angle brackets in its texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.api.endpoints import ResourceEndpoints
from refcmdb.api.problems import invalid

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

KIND = "twin"
CHECK = "CG-VAL-001"
OPERATION = "devices_create"


def plant() -> None:
    """Whatever might be markup is refused."""
    production = ResourceEndpoints.create

    async def create(self: ResourceEndpoints, request: Request) -> Response:
        if self.resource.name == "devices":
            raw = await request.body()
            if b"<" in raw or b">" in raw:
                await self.writer(request)
                raise invalid("", "angle brackets are not allowed")
        return await production(self, request)

    ResourceEndpoints.create = create  # type: ignore[method-assign]
