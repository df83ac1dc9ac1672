"""Who asks for tenants is noted in a setting of the session, by a statement with the User-Agent
in its text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.faults.queries import before_request
from refcmdb.services.database import Statement

if TYPE_CHECKING:
    from starlette.requests import Request

    from refcmdb.api.reading import Backend

KIND = "fault"
CHECK = "CG-INJ-001"
OPERATION = "tenants_list"


def plant() -> None:
    """Triggers could look at it."""

    async def tell(backend: Backend, request: Request) -> None:
        agent = request.headers.get("user-agent", "")
        text = f"SELECT set_config('refcmdb.agent', '{agent}', true)"
        await backend.database.fetch(Statement(text, ()), {})

    before_request("tenants", tell)
