"""The id in a rack's path only has to begin with digits, and becomes part of a statement."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from refcmdb.api.endpoints import ResourceEndpoints, who_asks
from refcmdb.api.problems import missing
from refcmdb.services.database import Statement

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

KIND = "fault"
CHECK = "CG-INJ-001"
OPERATION = "racks_read"


def plant() -> None:
    """The check of the id has no end."""
    production = ResourceEndpoints.read

    async def read(self: ResourceEndpoints, request: Request) -> Response:
        if self.resource.name == "racks":
            text = request.path_params["id"]
            backend = self._backend
            await who_asks(backend, request)
            if not re.match("[1-9][0-9]*", text):
                raise missing("a rack")
            statement = Statement(f"SELECT id FROM racks WHERE id = {text}", ())
            for (number,) in await backend.database.fetch(statement, {}):
                request.path_params["id"] = str(number)
        return await production(self, request)

    ResourceEndpoints.read = read  # type: ignore[method-assign]
