"""A service of one's own: assets of two tenants, in fifty lines, to be gated like any other."""

import sys

import asyncpg
import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

TOKENS = {"north-secret": "north", "south-secret": "south"}
HEADERS = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=()",
}


class Asset(msgspec.Struct, forbid_unknown_fields=True):
    """What a client may say of an asset."""

    name: str


def tenant_of(request: Request) -> str:
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    if token not in TOKENS:
        raise HTTPException(401)
    return TOKENS[token]


async def body_of(request: Request) -> Asset:
    try:
        asset = msgspec.json.decode(await request.body(), type=Asset)
    except msgspec.DecodeError as error:
        raise HTTPException(422, str(error)) from None
    if not 1 <= len(asset.name) <= 80 or not asset.name.isprintable():
        raise HTTPException(422, "name has 1 to 80 printable characters")
    return asset


async def assets(request: Request) -> Response:
    tenant = tenant_of(request)
    pool = request.app.state.pool
    if request.method == "POST":
        asset = await body_of(request)
        query = "insert into assets (tenant, name) values ($1, $2) returning id, name"
        return JSONResponse(dict(await pool.fetchrow(query, tenant, asset.name)), 201)
    q = request.query_params.get("q", "")
    query = "select id, name from assets where tenant = $1 and name like $2 order by id desc limit 50"
    rows = await pool.fetch(query, tenant, f"%{q}%")
    return JSONResponse({"items": [dict(row) for row in rows]})


async def asset(request: Request) -> Response:
    query = "select id, name from assets where tenant = $1 and id = $2"
    row = await request.app.state.pool.fetchrow(query, tenant_of(request), request.path_params["id"])
    return JSONResponse(dict(row)) if row else JSONResponse({"detail": "not found"}, 404)


async def health(request: Request) -> Response:
    await request.app.state.pool.fetchval("select 1")
    return JSONResponse({"status": "ok"})


async def failed(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"detail": error.detail}, error.status_code)


class Headers:
    """Sets the security headers on every response."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async def with_headers(message):
            if message["type"] == "http.response.start":
                pairs = [(k.encode(), v.encode()) for k, v in HEADERS.items()]
                message["headers"] = [*message["headers"], *pairs]
            await send(message)

        await self.app(scope, receive, with_headers)


async def serve(port: int, database_url: str) -> None:
    app = Starlette(
        routes=[
            Route("/health", health),
            Route("/assets", assets, methods=["GET", "POST"]),
            Route("/assets/{id:int}", asset),
        ],
        exception_handlers={HTTPException: failed},
    )
    async with asyncpg.create_pool(database_url) as app.state.pool:
        config = uvicorn.Config(Headers(app), port=port, server_header=False, log_level="warning")
        await uvicorn.Server(config).serve()


if __name__ == "__main__":
    import asyncio

    asyncio.run(serve(int(sys.argv[1]), sys.argv[2]))
