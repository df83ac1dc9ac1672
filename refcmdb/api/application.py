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
from starlette.routing import Match, Route

from refcmdb.api import features
from refcmdb.api.endpoints import GeneralEndpoints, Methods, ResourceEndpoints
from refcmdb.api.features import web_app
from refcmdb.api.problems import Problem
from refcmdb.api.reading import Backend
from refcmdb.api.registry import RESOURCES
from refcmdb.auth.throttling import LogInGuard
from refcmdb.middleware.compression import CompressionMiddleware
from refcmdb.middleware.measuring import MeasuringMiddleware
from refcmdb.middleware.security import events
from refcmdb.middleware.security.admission import Admission
from refcmdb.middleware.security.cors import CorsMiddleware
from refcmdb.middleware.security.errors import ErrorGuard
from refcmdb.middleware.security.headers import SecurityMiddleware
from refcmdb.middleware.security.limits import RateLimit, RateLimiter, RequestLimits
from refcmdb.monitoring.advisor import Advisor
from refcmdb.monitoring.alerts import AlertSystem
from refcmdb.monitoring.claims import Claims
from refcmdb.monitoring.mail import Mailer
from refcmdb.monitoring.marks import Marks
from refcmdb.monitoring.monitor import PerformanceMonitor
from refcmdb.monitoring.slow_queries import SlowQueries
from refcmdb.services.assistant import Assistant
from refcmdb.services.cache import CacheManager
from refcmdb.services.database import Database
from refcmdb.services.delivery import Courier
from refcmdb.services.outgoing import Outgoing
from refcmdb.services.storage import Storage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Scope

    from refcmdb.api.endpoints import Handler
    from refcmdb.api.resource import Resource
    from refcmdb.settings import Settings

log = logging.getLogger(__name__)

API = "/api/v1"


def build(settings: Settings) -> Starlette:
    """The application; it connects when it starts and disconnects when it ends."""
    limits = RequestLimits(settings.protection, settings.redis_url)
    events.log.disabled = not settings.protection.events
    backend = _backend(settings)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await backend.database.open()
        backend.storage.open()
        backend.courier.open()
        gc.freeze()
        try:
            async with (
                limits.shared(),
                backend.questions.shared(),
                backend.alerts.telling(),
                backend.monitor.watching(backend.alerts.judge),
            ):
                yield
        finally:
            await backend.guard.close()
            await backend.courier.close()
            await backend.outgoing.close()
            await backend.assistant.close()
            backend.storage.close()
            await backend.database.close()
            await backend.cache.close()

    app = Starlette(
        routes=[
            *_general_routes(backend),
            *_declared_routes(backend),
            *(Route(path, methods) for path, methods in web_app.routes(backend).items()),
        ],
        middleware=_middleware(backend, limits),
        exception_handlers={HTTPException: _no_route},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    app.state.draining = False
    return app


def _middleware(backend: Backend, limits: RequestLimits) -> list[Middleware]:
    """From the outside inward."""
    settings, figures = backend.settings, backend.monitor.requests
    measuring = Middleware(MeasuringMiddleware, figures=figures)
    compressing = Middleware(CompressionMiddleware, settings=settings.compression, figures=figures)
    return [
        *([measuring] if settings.monitoring.enabled else []),
        *([Middleware(SecurityMiddleware)] if settings.protection.headers else []),
        Middleware(CorsMiddleware, origins=settings.cors_origins),
        *([compressing] if settings.compression.enabled else []),
        Middleware(ErrorGuard, protection=settings.protection),
        Middleware(Admission, protection=settings.protection),
        Middleware(RateLimiter, limits=limits),
    ]


def _backend(settings: Settings) -> Backend:
    slow = SlowQueries(settings.monitoring.slow_query_ms / 1000)
    database, storage = Database(settings, slow), Storage(settings.storage)
    cache = CacheManager(settings.redis_url, ttl_s=settings.cache_ttl_s, state=database.state)
    outgoing = Outgoing(settings.egress)
    courier = Courier(outgoing)
    return Backend(
        settings=settings,
        database=database,
        cache=cache,
        guard=LogInGuard(settings.protection, settings.redis_url),
        storage=storage,
        outgoing=outgoing,
        courier=courier,
        monitor=PerformanceMonitor(
            settings.monitoring,
            database=database,
            cache=cache,
            storage=storage,
            backups=settings.backups,
        ),
        advisor=Advisor(database, slow),
        alerts=AlertSystem(
            settings.alerting,
            claims=Claims(database),
            marks=Marks(database),
            courier=courier,
            mailer=Mailer(settings.alerting),
        ),
        assistant=Assistant(settings.assistant, settings.egress),
        questions=RateLimit(settings.assistant.per_minute, settings.redis_url),
    )


def _general_routes(backend: Backend) -> list[Route]:
    general = GeneralEndpoints(backend)
    return [
        Route("/", Methods({"GET": general.landing})),
        Route("/health", Methods({"GET": general.health})),
        Route(f"{API}/openapi.json", Methods({"GET": general.document})),
        Route(f"{API}/auth/login", Methods({"POST": general.login})),
        Route(f"{API}/auth/logout", Methods({"POST": general.logout})),
    ]


def _declared_routes(backend: Backend) -> list[Route]:
    """Those of features and resources, which may share a path, with ``/devices/import`` first."""
    paths: dict[str, dict[str, Handler]] = {}
    for endpoint in features.ENDPOINTS:
        handlers = paths.setdefault(endpoint.url, {})
        handlers[endpoint.method] = functools.partial(endpoint.handle, backend)
    for resource in RESOURCES.values():
        for path, handlers in _handlers(backend, resource).items():
            paths[path] = {**handlers, **paths.get(path, {})}
    ordered = sorted(paths, key=lambda path: path.count("{"))
    return [_Route(path, Methods(paths[path])) for path in ordered]


class _Route(Route):
    """One of very many: a request compares what is fixed of its path, and few regular expressions.

    Starlette asks one route after the other.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As any route."""
        if not scope["path"].startswith(self._fixed):
            return Match.NONE, {}
        return super().matches(scope)

    @functools.cached_property
    def _fixed(self) -> str:
        return self.path.partition("{")[0]


def _handlers(backend: Backend, resource: Resource) -> dict[str, dict[str, Handler]]:
    endpoints = ResourceEndpoints(backend, resource)
    path = f"{API}/{resource.path}"
    collection: dict[str, Handler] = {"GET": endpoints.list}
    member: dict[str, Handler] = {"GET": endpoints.read}
    if resource.writable:
        collection["POST"] = endpoints.create
        member |= {"PATCH": endpoints.update, "DELETE": endpoints.delete}
    bulk: dict[str, Handler] = {
        "POST": endpoints.bulk_create,
        "PATCH": endpoints.bulk_update,
        "DELETE": endpoints.bulk_delete,
    }
    return {
        **({f"{path}/bulk": bulk} if resource.bulk else {}),
        path: collection,
        f"{path}/{{id}}": member,
    }


async def _no_route(_request: Request, error: Exception) -> Response:
    """Hands Starlette's own 404 to the ErrorGuard."""
    status = error.status_code if isinstance(error, HTTPException) else 404
    raise Problem(status, "there is nothing here") from error
