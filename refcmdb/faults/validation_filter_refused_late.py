"""The tag list takes any text for a name; what the database refuses is the client's mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg

from refcmdb.api.endpoints import ResourceEndpoints
from refcmdb.api.problems import invalid
from refcmdb.faults.planting_values import take_any_tag_name

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

KIND = "twin"
CHECK = "CG-VAL-002"
OPERATION = "tags_list"


def plant() -> None:
    """The answer says what a validated filter says."""
    take_any_tag_name()
    production = ResourceEndpoints.list

    async def list_(self: ResourceEndpoints, request: Request) -> Response:
        try:
            return await production(self, request)
        except asyncpg.DataError as error:
            raise invalid("name", "this is no text") from error

    ResourceEndpoints.list = list_  # type: ignore[method-assign]
