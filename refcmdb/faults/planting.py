"""The tools of the faults: how production code is replaced in a running process."""

from __future__ import annotations

import dataclasses
import urllib.parse
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import jinja2

from refcmdb import frontend
from refcmdb.api import features, reading, statements
from refcmdb.api.endpoints import ResourceEndpoints
from refcmdb.services.database import compiled

if TYPE_CHECKING:
    import sqlalchemy as sa
    from starlette.requests import Request
    from starlette.responses import Response

    from refcmdb.api.features.endpoint import Handle
    from refcmdb.api.reading import Backend
    from refcmdb.api.resource import Resource
    from refcmdb.auth.actors import Actor
    from refcmdb.services.database import Statement

# Query structs are made at run time.
Query = Any
Rewrite = Callable[
    ["Resource", statements.Shape, Query, dict[str, object]], "sa.Select[Any] | None"
]


def rewrite_list(name: str, rewrite: Rewrite) -> None:
    """Let ``rewrite`` make the SELECT of one resource's lists.

    It gets the resource, the shape, the query and the values, which it may add to; None keeps
    the production statement.
    """
    production = reading.page_of

    def page_of(
        backend: Backend,
        resource: Resource,
        actor: Actor,
        query: Query,
    ) -> tuple[Statement, dict[str, object]]:
        if resource.name != name:
            return production(backend, resource, actor, query)
        values = reading.values_of(backend, resource, actor, query)
        shape = reading.shape_of(resource, actor, query)
        select = rewrite(resource, shape, query, values)
        if select is None:
            return production(backend, resource, actor, query)
        return compiled(select), values

    reading.page_of = page_of


def rewrite_template(name: str, old: str, new: str) -> None:
    """Let one page's template say something else.

    Raises: ValueError if it does not say ``old``, which has changed then.
    """
    production = frontend.templates.loader
    assert production is not None
    source, _, _ = production.get_source(frontend.templates, name)
    if old not in source:
        raise ValueError(f"{name} does not say {old!r}")
    changed = jinja2.DictLoader({name: source.replace(old, new)})
    frontend.templates.loader = jinja2.ChoiceLoader([changed, production])


def before_list(name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Await ``work`` before each list request of one resource is answered."""
    production = ResourceEndpoints.list

    async def list_(self: ResourceEndpoints, request: Request) -> Response:
        if self.resource.name == name:
            await work()
        return await production(self, request)

    ResourceEndpoints.list = list_  # type: ignore[method-assign]


def reroute(operation: str, path: str) -> None:
    """Serve an endpoint of a feature under another path, such as one that takes slashes."""
    features.ENDPOINTS = tuple(
        dataclasses.replace(endpoint, path=path) if endpoint.id == operation else endpoint
        for endpoint in features.ENDPOINTS
    )


def rehandle(operation: str, handle: Handle) -> None:
    """Serve an endpoint of a feature by another function."""
    features.ENDPOINTS = tuple(
        dataclasses.replace(endpoint, handle=handle) if endpoint.id == operation else endpoint
        for endpoint in features.ENDPOINTS
    )


def with_sslmode(url: str, mode: str) -> str:
    """A database's URL with another ``sslmode``, and without certificates to compare."""
    parts = urllib.parse.urlsplit(url)
    given = urllib.parse.parse_qsl(parts.query)
    kept = [(name, value) for name, value in given if not name.startswith("ssl")]
    return parts._replace(query=urllib.parse.urlencode([*kept, ("sslmode", mode)])).geturl()
