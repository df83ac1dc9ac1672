"""Files can be attached to the devices of every tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from refcmdb.api import endpoints
from refcmdb.faults.access import everywhere

if TYPE_CHECKING:
    from starlette.requests import Request

    from refcmdb.auth.actors import Actor

KIND = "fault"
CHECK = "CG-AUTHZ-002"
OPERATION = "attachments_create"
ALSO = ("CG-AUTHZ-001",)


def plant() -> None:
    """The device's row stays as it is, so nobody thought of its owner."""
    production = endpoints.who_asks

    async def who_asks(backend: Any, request: Request, **options: Any) -> Actor:  # noqa: ANN401 - handed on
        actor = await production(backend, request, **options)
        return everywhere(actor) if request.url.path.endswith("/attachments") else actor

    endpoints.who_asks = who_asks
