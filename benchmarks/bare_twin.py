"""List-50 with nothing around it: Starlette, asyncpg, and the statement that refcmdb runs.

    python -m benchmarks.bare_twin PORT DATABASE_URL

A token is looked up, rows are read and encoded. No middleware, no cursor, no check of what was
asked: what is left is what no server of this kind can save.
"""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any

import asyncpg
import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from refcmdb.api import statements
from refcmdb.api.registry import RESOURCES
from refcmdb.auth import tokens
from refcmdb.services.database import asyncpg_url

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

CALLER = """
select users.id, users.tenant_id from users join api_tokens on api_tokens.user_id = users.id
where api_tokens.sha256 = $1 and not api_tokens.revoked
  and (api_tokens.expires_at is null or api_tokens.expires_at > now())
"""
SHAPE = statements.Shape(sort="id", sight=statements.Sight(scoped=True))
PAGE = statements.page(RESOURCES["devices"], SHAPE)


async def understand(connection: Any) -> None:  # noqa: ANN401 - asyncpg has no types
    """JSON stays text, as it does in refcmdb."""
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda text: text.decode(),
        decoder=lambda text: msgspec.Raw(text.encode()),
    )


def build(database_url: str) -> Starlette:
    """The application."""
    pool: Any = None

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        nonlocal pool
        pool = await asyncpg.create_pool(asyncpg_url(database_url), init=understand)
        async with pool:
            yield

    async def devices(request: Request) -> Response:
        token = request.headers["authorization"].removeprefix("Bearer ")
        caller = await pool.fetchrow(CALLER, tokens.digest(token))
        limit = int(request.query_params["limit"])
        values = {"scope": caller["tenant_id"], "reader": caller["id"], "limit": limit + 1}
        rows = await pool.fetch(PAGE.text, *(values[name] for name in PAGE.names))
        items = [dict(row) for row in rows[:limit]]
        return Response(msgspec.json.encode({"items": items}), media_type="application/json")

    return Starlette(routes=[Route("/api/v1/devices", devices)], lifespan=lifespan)


if __name__ == "__main__":
    port, url = sys.argv[1:]
    uvicorn.run(build(url), port=int(port), log_level="warning", access_log=False)
