"""The number of a site may be any: what cannot be stored is looked for all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.api.endpoints import ResourceEndpoints
from refcmdb.api.values import LARGEST_ID

if TYPE_CHECKING:
    from starlette.requests import Request

KIND = "twin"
CHECK = "CG-VAL-002"
OPERATION = "sites_read"


def plant() -> None:
    """It is the largest one then, which nothing has: 404."""
    production = ResourceEndpoints._number

    def number(self: ResourceEndpoints, request: Request) -> int:
        text = request.path_params["id"]
        if self.resource.name == "sites" and request.method == "GET" and text.isdecimal():
            return min(int(text), LARGEST_ID)
        return production(self, request)

    ResourceEndpoints._number = number  # type: ignore[method-assign]
