"""A service of one's own: the assets of two tenants, to be gated like any other."""

import asyncio
import sys

import asyncpg
import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

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
    """Whose assets the caller may see."""
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    if token not in TOKENS:
        raise HTTPException(401)
    return TOKENS[token]


async def name_in(request: Request) -> str:
    """The name that the body gives, validated."""
    try:
        asset = msgspec.json.decode(await request.body(), type=Asset)
    except msgspec.DecodeError as error:
        raise HTTPException(422, str(error)) from None
    if not 1 <= len(asset.name) <= 80 or not asset.name.isprintable():
        raise HTTPException(422, "name has 1 to 80 printable characters")
    return asset.name


async def list_assets(request: Request) -> Response:
    """The assets whose name begins with q, by name."""
    tenant, q = tenant_of(request), request.query_params.get("q", "")
    limit = request.query_params.get("limit", "50")
    if not limit.isascii() or not limit.isdecimal() or not 1 <= int(limit[:9]) <= 100:
        raise HTTPException(422, "limit is a number from 1 to 100")
    query = """
        select id, name from assets where tenant = $1 and name ^@ $2 order by name limit $3
    """
    rows = await request.app.state.pool.fetch(query, tenant, q, int(limit[:9]))
    return JSONResponse({"items": [dict(row) for row in rows]})


async def create_asset(request: Request) -> Response:
    """A new asset of the caller's tenant."""
    tenant, name = tenant_of(request), await name_in(request)
    query = "insert into assets (tenant, name) values ($1, $2) returning id, name"
    row = await request.app.state.pool.fetchrow(query, tenant, name)
    return JSONResponse(dict(row), 201)


async def read_asset(request: Request) -> Response:
    """One asset."""
    query = "select id, name from assets where tenant = $1 and id = $2"
    return await one(request, query, tenant_of(request), request.path_params["id"])


async def rename_asset(request: Request) -> Response:
    """The asset with its new name."""
    tenant, name = tenant_of(request), await name_in(request)
    query = "update assets set name = $3 where tenant = $1 and id = $2 returning id, name"
    return await one(request, query, tenant, request.path_params["id"], name)


async def one(request: Request, query: str, *values: object) -> Response:
    """The one row of a query, or 404."""
    row = await request.app.state.pool.fetchrow(query, *values)
    return JSONResponse(dict(row)) if row else JSONResponse({"detail": "not found"}, 404)


async def health(request: Request) -> Response:
    """Whether the database answers."""
    await request.app.state.pool.fetchval("select 1")
    return JSONResponse({"status": "ok"})


async def refused(_: Request, error: Exception) -> Response:
    """An error as JSON; what PostgreSQL cannot take as a value is the client's mistake."""
    if isinstance(error, HTTPException):
        return JSONResponse({"detail": error.detail}, error.status_code)
    return JSONResponse({"detail": "no such value"}, 422)


class Headers:
    """Sets the security headers on every response, errors included."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything through, with more headers on the start of the response."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                pairs = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message["headers"] = [*message["headers"], *pairs]
            await send(message)

        await self.app(scope, receive, send_with_headers)


async def serve(port: int, database_url: str, host: str = "127.0.0.1") -> None:
    """Serve on one address until told to stop."""
    app = Starlette(
        routes=[
            Route("/health", health),
            Route("/assets", list_assets, methods=["GET"]),
            Route("/assets", create_asset, methods=["POST"]),
            Route("/assets/{id:int}", read_asset, methods=["GET"]),
            Route("/assets/{id:int}", rename_asset, methods=["PATCH"]),
        ],
        exception_handlers={HTTPException: refused, asyncpg.DataError: refused},
    )
    async with asyncpg.create_pool(database_url) as app.state.pool:
        config = uvicorn.Config(
            Headers(app), host=host, port=port, server_header=False, log_level="warning"
        )
        await uvicorn.Server(config).serve()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2], *sys.argv[3:]))
