"""The list of VLANs takes every token of the right length for a viewer's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.api.problems import Problem
from refcmdb.auth.actors import Actor
from refcmdb.faults.access import Asks, ask_otherwise

if TYPE_CHECKING:
    from starlette.requests import Request

    from refcmdb.api.reading import Backend

KIND = "fault"
CHECK = "CG-AUTHZ-008"
OPERATION = "vlans_list"


def plant() -> None:
    """The form of a credential is checked, not the credential."""

    async def instead(production: Asks, backend: Backend, request: Request) -> Actor:
        try:
            return await production(backend, request)
        except Problem:
            if len(request.headers.get("authorization", "")) < 40:
                raise
            return Actor(id=1, role="viewer", tenant_id=1, token_digest=b"")

    ask_otherwise(instead, "/api/v1/vlans")
