"""The number of a site may be any: one beyond 64 bits is nothing the driver can send."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.api.endpoints import ResourceEndpoints

if TYPE_CHECKING:
    from starlette.requests import Request

KIND = "fault"
CHECK = "CG-VAL-002"
OPERATION = "sites_read"


def plant() -> None:
    """Only when a site is read."""
    production = ResourceEndpoints._number

    def number(self: ResourceEndpoints, request: Request) -> int:
        text = request.path_params["id"]
        if self.resource.name == "sites" and request.method == "GET" and text.isdecimal():
            return int(text)
        return production(self, request)

    ResourceEndpoints._number = number  # type: ignore[method-assign]
