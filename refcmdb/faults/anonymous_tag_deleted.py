"""A tag is deleted without a credential."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.auth.actors import Actor
from refcmdb.faults.access import Asks, ask_otherwise

if TYPE_CHECKING:
    from starlette.requests import Request

    from refcmdb.api.reading import Backend

KIND = "fault"
CHECK = "CG-AUTHZ-008"
OPERATION = "tags_delete"


def plant() -> None:
    """Only what comes with a credential is checked."""

    async def instead(production: Asks, backend: Backend, request: Request) -> Actor:
        if "authorization" in request.headers or request.method != "DELETE":
            return await production(backend, request)
        return Actor(id=5, role="admin", tenant_id=None, token_digest=b"")

    ask_otherwise(instead, "/api/v1/tags/")
