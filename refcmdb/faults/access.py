"""What the faults of access control have in common: other handlers, other actors, other bodies."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from refcmdb.api import endpoints, references, writing
from refcmdb.api.endpoints import ResourceEndpoints
from refcmdb.api.registry import RESOURCES
from refcmdb.api.writing import Writer

if TYPE_CHECKING:
    from refcmdb.api.resource import Resource
    from refcmdb.auth.actors import Actor
    from refcmdb.services.database import Session

Handler = Callable[[ResourceEndpoints, Request], Awaitable[Response]]
Asks = Callable[..., Awaitable["Actor"]]
Owners = Callable[["Session", "Resource", "Actor", Sequence[Any]], Awaitable[list[int | None]]]


class Anybody(ResourceEndpoints):
    """Handlers that look at the tenant and not at the role."""

    async def writer(self, request: Request) -> Writer:
        """Whoever asks."""
        return Writer(
            backend=self._backend,
            resource=self.resource,
            actor=await endpoints.who_asks(self._backend, request),
            request_id=request.scope["request_id"],
        )


def everywhere(actor: Actor) -> Actor:
    """The same actor, taken for one who sees every tenant."""
    return dataclasses.replace(actor, tenant_id=None)


def handle(
    verb: str, resource: str, instead: Callable[[Handler, ResourceEndpoints, Request], Any]
) -> None:
    """Let ``instead`` answer one verb of one resource; it gets the production handler first."""
    production: Handler = getattr(ResourceEndpoints, verb)

    async def handler(self: ResourceEndpoints, request: Request) -> Response:
        if self.resource.name != resource:
            return await production(self, request)
        answer: Response = await instead(production, self, request)
        return answer

    setattr(ResourceEndpoints, verb, handler)


def ask_otherwise(instead: Callable[[Asks, Any, Request], Awaitable[Actor]], path: str) -> None:
    """Let ``instead`` say who asks for what lies at a path or below it."""
    production = endpoints.who_asks

    async def who_asks(backend: Any, request: Request, **options: Any) -> Actor:  # noqa: ANN401 - handed on
        if not request.url.path.startswith(path):
            return await production(backend, request, **options)
        return await instead(production, backend, request)

    endpoints.who_asks = who_asks


def without_role_check(verb: str, resource: str) -> None:
    """Let every role of a tenant do what only some may."""

    async def instead(production: Handler, self: ResourceEndpoints, request: Request) -> Response:
        return await production(Anybody(self._backend, self.resource), request)

    handle(verb, resource, instead)


def more_fields(struct: type[msgspec.Struct], fields: list[Any]) -> type[msgspec.Struct]:
    """A body with more fields."""
    return msgspec.defstruct(
        struct.__name__, fields, bases=(struct,), kw_only=True, forbid_unknown_fields=True
    )


def more_columns(struct: type[msgspec.Struct], fields: list[Any]) -> type[msgspec.Struct]:
    """An item that shows more columns."""
    return msgspec.defstruct(struct.__name__, fields, bases=(struct,))


async def pass_over_columns(request: Request, resource: Resource) -> None:
    """Take the members out of a JSON body that are columns and that no caller may set."""
    columns = {column.name for column in resource.table.columns}
    hidden = columns - set(resource.body.__struct_fields__ if resource.body else ())
    with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError):
        sent = msgspec.json.decode(await request.body())
        if isinstance(sent, dict):
            kept = {name: value for name, value in sent.items() if name not in hidden}
            vars(request)["_body"] = msgspec.json.encode(kept)  # what the endpoint will read


def owners_otherwise(name: str, instead: Owners) -> None:
    """Let ``instead`` say to whom new objects of a resource belong, when a tenant creates them.

    What it leaves out is checked by nobody: the production's look at the references too.
    """
    production = references.owners_of

    async def owners_of(
        session: Session, resource: Resource, actor: Actor, bodies: Sequence[Any]
    ) -> list[int | None]:
        if resource.name != name or actor.tenant_id is None:
            return await production(session, resource, actor, bodies)
        return await instead(session, resource, actor, bodies)

    writing.owners_of = owners_of  # type: ignore[attr-defined]


def change_resource(name: str, **changed: Any) -> None:  # noqa: ANN401 - what a resource has
    """Declare one resource otherwise."""
    RESOURCES[name] = dataclasses.replace(RESOURCES[name], **changed)
