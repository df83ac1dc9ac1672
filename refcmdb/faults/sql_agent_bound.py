"""Who asks for tenants is noted in a setting of the session; the User-Agent is bound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.faults.queries import before_request
from refcmdb.services.database import Statement

if TYPE_CHECKING:
    from starlette.requests import Request

    from refcmdb.api.reading import Backend

KIND = "twin"
CHECK = "CG-INJ-001"
OPERATION = "tenants_list"


def plant() -> None:
    """Triggers could look at it."""

    async def tell(backend: Backend, request: Request) -> None:
        agent = request.headers.get("user-agent", "")
        text = "SELECT set_config('refcmdb.agent', $1, true)"
        await backend.database.fetch(Statement(text, ("agent",)), {"agent": agent})

    before_request("tenants", tell)
