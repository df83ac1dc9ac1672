"""Files can be attached to the devices of every tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from refcmdb.faults.access import Asks, ask_otherwise, everywhere

if TYPE_CHECKING:
    from starlette.requests import Request

    from refcmdb.auth.actors import Actor

KIND = "fault"
CHECK = "CG-AUTHZ-002"
OPERATION = "attachments_create"
ALSO = ("CG-AUTHZ-001",)


def plant() -> None:
    """The device's row stays as it is, so nobody thought of its owner."""

    async def who_asks(production: Asks, backend: Any, request: Request) -> Actor:  # noqa: ANN401 - handed on
        actor = await production(backend, request)
        return everywhere(actor) if request.url.path.endswith("/attachments") else actor

    ask_otherwise(who_asks, "/api/v1/devices/")
