"""The export of devices asks nobody for a credential."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.auth.actors import Actor
from refcmdb.faults.access import Asks, ask_otherwise

if TYPE_CHECKING:
    from starlette.requests import Request

    from refcmdb.api.reading import Backend

KIND = "fault"
CHECK = "CG-AUTHZ-008"
OPERATION = "devices_export"


def plant() -> None:
    """A nightly job was let in."""

    async def instead(production: Asks, backend: Backend, request: Request) -> Actor:
        if "authorization" in request.headers:
            return await production(backend, request)
        return Actor(id=1, role="viewer", tenant_id=None, token_digest=b"")

    ask_otherwise(instead, "/api/v1/devices/export")
