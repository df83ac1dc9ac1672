"""The ASGI application: routes from the registry, middleware around them, pools inside."""

from __future__ import annotations

import contextlib
import functools
import gc
import logging
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Route

from refcmdb.api import features
from refcmdb.api.endpoints import GeneralEndpoints, Methods, ResourceEndpoints
from refcmdb.api.problems import Problem
from refcmdb.api.reading import Backend
from refcmdb.api.registry import RESOURCES
from refcmdb.middleware.security.cors import CorsMiddleware
from refcmdb.middleware.security.errors import ErrorGuard
from refcmdb.middleware.security.headers import SecurityMiddleware
from refcmdb.services.cache import CacheManager
from refcmdb.services.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.responses import Response

    from refcmdb.api.endpoints import Handler
    from refcmdb.api.resource import Resource
    from refcmdb.settings import Settings

log = logging.getLogger(__name__)

API = "/api/v1"


def build(settings: Settings) -> Starlette:
    """The application; it connects when it starts and disconnects when it ends."""
    backend = Backend(
        settings=settings,
        database=Database(settings),
        cache=CacheManager(settings.redis_url, ttl_s=settings.cache_ttl_s),
    )

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await backend.database.open()
        gc.freeze()
        try:
            yield
        finally:
            await backend.database.close()
            await backend.cache.close()

    app = Starlette(
        routes=[
            *_general_routes(backend),
            *_feature_routes(backend),
            *_resource_routes(backend),
        ],
        middleware=[
            Middleware(SecurityMiddleware),
            Middleware(CorsMiddleware, origins=settings.cors_origins),
            Middleware(ErrorGuard),
        ],
        exception_handlers={HTTPException: _no_route},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    return app


def _general_routes(backend: Backend) -> list[Route]:
    general = GeneralEndpoints(backend)
    return [
        Route("/", Methods({"GET": general.landing})),
        Route("/health", Methods({"GET": general.health})),
        Route(f"{API}/openapi.json", Methods({"GET": general.document})),
        Route(f"{API}/auth/login", Methods({"POST": general.login})),
        Route(f"{API}/auth/logout", Methods({"POST": general.logout})),
    ]


def _feature_routes(backend: Backend) -> list[Route]:
    """Before those of resources, so that ``/devices/import`` is no device."""
    paths: dict[str, dict[str, Handler]] = {}
    for endpoint in features.ENDPOINTS:
        handlers = paths.setdefault(endpoint.url, {})
        handlers[endpoint.method] = functools.partial(endpoint.handle, backend)
    return [Route(path, Methods(handlers)) for path, handlers in paths.items()]


def _resource_routes(backend: Backend) -> list[Route]:
    return [route for resource in RESOURCES.values() for route in _routes(backend, resource)]


def _routes(backend: Backend, resource: Resource) -> list[Route]:
    endpoints = ResourceEndpoints(backend, resource)
    path = f"{API}/{resource.path}"
    collection = {"GET": endpoints.list}
    member = {"GET": endpoints.read}
    if resource.body is not None:
        collection["POST"] = endpoints.create
        member |= {"PATCH": endpoints.update, "DELETE": endpoints.delete}
    bulk = [Route(f"{path}/bulk", Methods({"POST": endpoints.bulk_create}))]
    return [
        *(bulk if resource.bulk else []),
        Route(path, Methods(collection)),
        Route(f"{path}/{{id}}", Methods(member)),
    ]


async def _no_route(_request: Request, error: Exception) -> Response:
    """Hands Starlette's own 404 to the ErrorGuard."""
    status = error.status_code if isinstance(error, HTTPException) else 404
    raise Problem(status, "there is nothing here") from error
