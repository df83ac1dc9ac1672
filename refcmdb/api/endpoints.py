"""From request to response: who asks, what for, from the cache or not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from refcmdb import __version__
from refcmdb.api import accounts, landing, preconditions, reading
from refcmdb.api.bulk import BulkWriter
from refcmdb.api.problems import Problem, of_one
from refcmdb.api.requests import read_body, read_query, require_id
from refcmdb.api.schemas import Credentials
from refcmdb.api.schemas.bodies import Chosen
from refcmdb.api.values import LARGEST_BULK, Kind, encode
from refcmdb.api.writing import Writer
from refcmdb.auth import sessions
from refcmdb.auth.actors import Actor, authenticate
from refcmdb.middleware.compression import SECRET
from refcmdb.middleware.security import csrf, events
from refcmdb.services.cache import keys

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.types import Receive, Scope, Send

    from refcmdb.api.reading import Backend
    from refcmdb.api.resource import Resource

JSON = "application/json"

Handler = Callable[[Request], Awaitable[Response]]


class Methods:
    """An ASGI application for one path: a handler per method, 405 for the others."""

    def __init__(self, handlers: Mapping[str, Handler]) -> None:
        self._handlers = handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or raise a Problem."""
        handler = self._handlers.get(scope["method"])
        if handler is None:
            allowed = ", ".join(sorted(self._handlers))
            raise Problem(405, f"only {allowed} here", headers={"Allow": allowed})
        response = await handler(Request(scope, receive, send))
        await response(scope, receive, send)


class ResourceEndpoints:
    """The handlers of one resource."""

    def __init__(self, backend: Backend, resource: Resource) -> None:
        self._backend, self.resource = backend, resource

    async def list(self, request: Request) -> Response:
        """One page."""
        actor = await who_asks(self._backend, request)
        query = read_query(request, self.resource.query)

        async def compute() -> msgspec.Struct:
            return await reading.list_page(self._backend, self.resource, actor, query)

        tags = reading.tags_of_list(self.resource, actor)
        return await self._cached(request, actor, tags=tags, query=query, compute=compute)

    async def read(self, request: Request) -> Response:
        """One object."""
        actor = await who_asks(self._backend, request)
        query = read_query(request, NoQuery)
        number = self._number(request)

        async def compute() -> msgspec.Struct:
            return await reading.read_detail(self._backend, self.resource, actor, number)

        tags = reading.tags_of_detail(self.resource, actor, number)
        return await self._cached(request, actor, tags=tags, query=query, compute=compute)

    async def create(self, request: Request) -> Response:
        """One new object."""
        writer = await self.writer(request)
        body = await read_body(request, self.resource.body)
        with of_one():
            (item,) = await writer.create([body])
        location = f"/api/v1/{self.resource.path}/{item.id}"  # type: ignore[attr-defined]
        return item_response(item, status=201, headers={"Location": location})

    async def bulk_create(self, request: Request) -> Response:
        """Many new objects, or none."""
        writer = await self.writer(request)
        bodies: Sequence[msgspec.Struct] = await read_body(request, bulk_body(self.resource))
        return json_response({"items": await writer.create(bodies)}, status=201)

    async def bulk_update(self, request: Request) -> Response:
        """Many objects with some fields changed, or none."""
        writer = BulkWriter.of(await self.writer(request))
        patches = await read_body(request, many_of(self.resource.bulk_patch))
        return json_response({"items": await writer.patch_all(patches)})

    async def bulk_delete(self, request: Request) -> Response:
        """Many objects less, or none."""
        writer = BulkWriter.of(await self.writer(request))
        chosen: Sequence[Chosen] = await read_body(request, many_of(Chosen))
        await writer.delete_all([one.id for one in chosen])
        return Response(status_code=204, headers={"Cache-Control": "no-store"})

    async def update(self, request: Request) -> Response:
        """One object with some fields changed."""
        writer = await self.writer(request)
        patch = await read_body(request, self.resource.patch)
        return item_response(await writer.patch(self._number(request), patch))

    async def delete(self, request: Request) -> Response:
        """One object less."""
        writer = await self.writer(request)
        await writer.delete(self._number(request))
        return Response(status_code=204, headers={"Cache-Control": "no-store"})

    async def writer(self, request: Request) -> Writer:
        """Who writes; raises Problem 400, 401 or 403 before anything of the body is read."""
        actor = await who_asks(self._backend, request)
        read_query(request, NoQuery)
        writer = Writer(
            backend=self._backend,
            resource=self.resource,
            actor=actor,
            request_id=request.scope["request_id"],
            expected=preconditions.expected_by(request),
        )
        writer.require_permission()
        return writer

    async def _cached(
        self,
        request: Request,
        actor: Actor,
        *,
        tags: Sequence[str],
        query: msgspec.Struct,
        compute: Callable[[], Awaitable[msgspec.Struct]],
    ) -> Response:
        asked = (query, actor.id) if self.resource.personal else query
        return await cached(
            self._backend, request, actor=actor, tags=tags, query=asked, compute=compute
        )

    def _number(self, request: Request) -> int:
        return require_id(request, self.resource.singular)


class GeneralEndpoints:
    """The handlers that belong to no resource."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def landing(self, _request: Request) -> Response:
        """The page for people."""
        return Response(landing.PAGE, media_type="text/html")

    async def health(self, request: Request) -> Response:
        """Whether more requests may come; without Redis that is slower, and as right."""
        database = await self._backend.database.ping()
        cache = await self._backend.cache.ping()
        draining: bool = request.app.state.draining
        healthy = database and not draining
        good, bad = "ok" if cache else "degraded", "draining" if draining else "unavailable"
        report = {
            "status": good if healthy else bad,
            "version": __version__,
            "database": "ok" if database else "away",
            "cache": "ok" if cache else "away",
        }
        return json_response(report, status=200 if healthy else 503)

    async def document(self, _request: Request) -> Response:
        """The OpenAPI document."""
        # It describes the features, which import this module.
        from refcmdb.api import openapi  # noqa: PLC0415

        assistant = self._backend.settings.assistant.enabled
        return Response(openapi.document_json(assistant=assistant), media_type=JSON)

    async def login(self, request: Request) -> Response:
        """A token for a password."""
        credentials = await read_body(request, Credentials)
        async with self._backend.guard.attempt(request, credentials.username):
            issued = await accounts.log_in(self._backend.database, credentials)
        return json_response(issued, headers=SECRET)

    async def logout(self, request: Request) -> Response:
        """The end of a token."""
        actor = await who_asks(self._backend, request)
        await accounts.log_out(self._backend.database, actor)
        events.emit("token.revoked", request.scope, outcome="ok")
        return Response(status_code=204, headers={"Cache-Control": "no-store"})


class NoQuery(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """An operation without query parameters."""


async def who_asks(backend: Backend, request: Request, *, csrf_token: str | None = None) -> Actor:
    """The actor, by bearer token or else by session; or Problem 401.

    Browsers send a session along whoever wrote the page, so a request that may change something
    needs its token, too (``csrf_token`` is that of a form, others send a header): Problem 403.
    """
    authorization = request.headers.get("authorization")
    session = sessions.text_of(request) if authorization is None else ""
    if not session:
        actor = await authenticate(backend.database, authorization)
        request.scope["actor"] = actor
        return actor
    actor = await sessions.actor_of(backend.database, session)
    request.scope["actor"] = actor
    if request.method not in csrf.SAFE and backend.settings.protection.csrf:
        given = csrf_token or request.headers.get(csrf.HEADER)
        csrf.require(backend.settings.secret, actor, given)
    return actor


async def cached(
    backend: Backend,
    request: Request,
    *,
    actor: Actor,
    tags: Sequence[str],
    query: object,
    compute: Callable[[], Awaitable[msgspec.Struct]],
) -> Response:
    """The answer from the cache, or computed and stored for the next one.

    Actors of one role and tenant share it, so ``query`` is all else that it depends on. Those
    with constraints share nothing: what hides an object from them may be the change of another.
    """
    if actor.constraints:
        return read_response(request, encode(await compute()), hit=False)
    key = keys.entry_key(
        role=actor.role,
        tenant_id=actor.tenant_id,
        path=request.scope["path"],
        query=encode(query),
    )

    async def body_of() -> bytes:
        return encode(await compute())

    body, hit = await backend.cache.answer(key, tags, body_of)
    return read_response(request, body, hit=hit)


def read_response(request: Request, body: bytes, *, hit: bool) -> Response:
    """A cacheable answer; 304 for who has it already."""
    etag = preconditions.etag_of(body)
    headers = {
        "Cache-Control": "private, no-cache",
        "ETag": etag,
        "Vary": "Authorization, Cookie",
        "X-Cache": "hit" if hit else "miss",
    }
    if preconditions.is_known(request, etag):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=JSON, headers=headers)


def item_response(
    item: msgspec.Struct, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """An object that was written, with the tag under which it can be changed again."""
    etag = preconditions.etag_of(encode(item))
    return json_response(item, status=status, headers={"ETag": etag, **(headers or {})})


def json_response(
    content: object,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An answer that nobody may keep."""
    return Response(
        encode(content),
        status_code=status,
        media_type=JSON,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def bulk_body(resource: Resource) -> Kind:
    """The type of a bulk create's body."""
    return many_of(resource.body)


def many_of(kind: Kind) -> Kind:
    """The type of a bulk operation's body."""
    return Annotated[list[kind], Meta(min_length=1, max_length=LARGEST_BULK)]
