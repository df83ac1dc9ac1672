"""``/app/``: the web application, one page for all its views, and the files that it is made of."""

from __future__ import annotations

import dataclasses
import functools
import re
from typing import TYPE_CHECKING

import sqlalchemy as sa
from starlette.responses import Response

from refcmdb import __version__, frontend
from refcmdb.api.endpoints import Methods
from refcmdb.api.features.endpoint import Endpoint
from refcmdb.api.features.sessions import HTML
from refcmdb.api.problems import Problem
from refcmdb.auth import sessions
from refcmdb.frontend import bundle
from refcmdb.middleware.security import csrf
from refcmdb.models import tenants, users
from refcmdb.services.database import Statement, compiled

if TYPE_CHECKING:
    from starlette.requests import Request

    from refcmdb.api.endpoints import Handler
    from refcmdb.api.reading import Backend
    from refcmdb.auth.actors import Actor
    from refcmdb.frontend.bundle import Bundle

PREFIX = "/app/"
ASSETS = f"{PREFIX}assets/"
# The views with an address of their own; the application itself says what is at the others.
VIEW = re.compile(r"((devices|changes|imports)(/[a-z0-9]+)*/?)?", re.ASCII)
# The name of a file changes with its content.
FOREVER = "public, max-age=31536000, immutable"
UNBUILT = "the web application is not built here: run `make frontend`, or use /ui/devices"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who has logged in, as people say it; ``tenant`` is empty for administrators."""

    name: str
    role: str
    tenant: str


async def show(built: Bundle, backend: Backend, request: Request) -> Response:
    """The page of the application; with a session, it carries who that is and its token."""
    actor = await _visitor(backend, request)
    assets = backend.settings.assets_url
    return frontend.page(
        "app.html",
        elsewhere=frontend.origin_of(assets),
        assets=assets or ASSETS,
        bundle=built,
        version=__version__,
        person=await _person(backend, actor) if actor else None,
        csrf_token=csrf.token_for(backend.settings.secret, actor) if actor else "",
    )


async def send(built: Bundle, backend: Backend, request: Request) -> Response:
    """A file of the application. Raises: Problem 404."""
    asset = built.files.get(request.path_params["name"])
    if asset is None:
        raise Problem(404, "there is nothing here")
    variant = asset.variant_for(request.headers.get("accept-encoding"))
    headers = {"Cache-Control": FOREVER, "ETag": variant.etag, "Vary": "Accept-Encoding"}
    if backend.settings.assets_url:
        # A CDN hands on what it gets from here, and its pages are ours, at another origin.
        headers |= {
            "Access-Control-Allow-Origin": "*",
            "Cross-Origin-Resource-Policy": "cross-origin",
        }
    known = request.headers.get("if-none-match", "")
    if variant.etag in (tag.strip().removeprefix("W/") for tag in known.split(",")):
        return Response(status_code=304, headers=headers)
    if variant.coding != "identity":
        headers["Content-Encoding"] = variant.coding
    return Response(variant.body, media_type=asset.media_type, headers=headers)


def routes(backend: Backend) -> dict[str, Methods]:
    """What is served below ``/app/``, by path, beside what the document names."""
    built = bundle.load()
    if built is None:
        return {PREFIX + "{view:path}": Methods({"GET": _unbuilt})}

    async def view(request: Request) -> Response:
        if not VIEW.fullmatch(request.path_params["view"]):
            raise Problem(404, "there is nothing here")
        return await show(built, backend, request)

    file: Handler = functools.partial(send, built, backend)
    return {
        ASSETS + "{name}": Methods({"GET": file, "HEAD": file}),
        PREFIX + "{view:path}": Methods({"GET": view}),
    }


async def _unbuilt(_request: Request) -> Response:
    raise Problem(404, UNBUILT)


async def _visitor(backend: Backend, request: Request) -> Actor | None:
    text = sessions.text_of(request)
    try:
        return await sessions.actor_of(backend.database, text) if text else None
    except Problem:
        return None  # the application shows its log-in


async def _person(backend: Backend, actor: Actor) -> Person:
    ((name, tenant),) = await backend.database.fetch(_names(), {"id": actor.id})
    return Person(name=name, role=actor.role, tenant=tenant or "")


@functools.cache
def _names() -> Statement:
    return compiled(
        sa.select(users.c.name, tenants.c.name)
        .join(tenants, tenants.c.id == users.c.tenant_id, isouter=True)
        .where(users.c.id == sa.bindparam("id", type_=sa.BigInteger))
    )


def _endpoints() -> tuple[Endpoint, ...]:
    """What is not there is not in the document either."""
    built = bundle.load()
    if built is None:
        return ()
    page = Endpoint(
        method="GET",
        path=f"/{PREFIX}",
        id="app",
        summary=f"The web application; its views and files lie below {PREFIX}",
        tag="pages",
        handle=functools.partial(show, built),
        produces=(HTML,),
        public=True,
    )
    return (page,)


ENDPOINTS = _endpoints()
