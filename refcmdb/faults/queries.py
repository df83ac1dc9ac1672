"""What the faults of list queries have in common."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa
from msgspec import UNSET, UnsetType

from refcmdb.api import reading, statements
from refcmdb.api.endpoints import ResourceEndpoints
from refcmdb.api.problems import invalid
from refcmdb.api.registry import RESOURCES
from refcmdb.api.resource import types_of
from refcmdb.faults.planting import Query, rewrite_list

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from refcmdb.api.reading import Backend
    from refcmdb.api.resource import Resource
    from refcmdb.auth.actors import Actor

ListPage = Callable[["Backend", Query], Awaitable[None]]


def take_any_text(name: str, field: str) -> None:
    """One query parameter of a resource's lists may be any text."""
    resource = RESOURCES[name]
    kinds = types_of(resource.query)
    defaults = dict(zip(kinds, resource.query.__struct_defaults__, strict=True))
    kinds[field] = str if isinstance(defaults[field], str) else str | UnsetType
    if isinstance(defaults[field], int):
        defaults[field] = str(defaults[field])
    vars(resource)["query"] = msgspec.defstruct(
        "AnyTextQuery",
        [(name, kind, defaults[name]) for name, kind in kinds.items()],
        forbid_unknown_fields=True,
        kw_only=True,
        frozen=True,
    )


def filter_by(
    name: str, field: str, make: Callable[[str, dict[str, object]], sa.ColumnElement[bool] | None]
) -> None:
    """Let ``make`` write the condition of one filter (``q`` is the search).

    It gets the value, and the bound values, which it may add to; None keeps the production
    condition.
    """

    def rewrite(
        resource: Resource, shape: statements.Shape, query: Query, values: dict[str, object]
    ) -> sa.Select[Any] | None:
        value = getattr(query, field)
        condition = None if value is UNSET else make(str(value), values)
        if condition is None:
            return None
        others = tuple(other for other in shape.filters if other != field)
        searching = shape.searching and field != "q"
        plain = dataclasses.replace(shape, filters=others, searching=searching)
        return statements.select_page(resource, plain).where(condition)

    rewrite_list(name, rewrite)


def order_by(name: str, make: Callable[[str], str]) -> None:
    """Let ``make`` write the ORDER BY clause of one resource's lists from any ``sort``."""
    take_any_text(name, "sort")

    def rewrite(
        resource: Resource, shape: statements.Shape, query: Query, _values: dict[str, object]
    ) -> sa.Select[Any] | None:
        if query.sort.removeprefix("-") in resource.sorts:
            return None
        plain = dataclasses.replace(shape, sort="id", following=False)
        select = statements.select_page(resource, plain).order_by(None)
        return select.order_by(sa.literal_column(make(query.sort)))

    rewrite_list(name, rewrite)


def text(condition: str) -> sa.ColumnElement[bool]:
    """A condition as it is."""
    return sa.literal_column(condition, sa.Boolean())


def refuse(name: str, field: str, *errors: type[Exception]) -> None:
    """What PostgreSQL does not take of a filter is a 422."""
    production = reading.list_page

    async def list_page(
        backend: Backend, resource: Resource, actor: Actor, query: msgspec.Struct
    ) -> msgspec.Struct:
        try:
            return await production(backend, resource, actor, query)
        except errors as error:
            if resource.name != name:
                raise
            raise invalid(field, "is not valid") from error

    reading.list_page = list_page


def before_page(name: str, work: ListPage) -> None:
    """Await ``work`` before a page of one resource's list is read."""
    production = reading.list_page

    async def list_page(
        backend: Backend, resource: Resource, actor: Actor, query: msgspec.Struct
    ) -> msgspec.Struct:
        if resource.name == name:
            await work(backend, query)
        return await production(backend, resource, actor, query)

    reading.list_page = list_page


def before_request(name: str, work: Callable[[Backend, Request], Awaitable[None]]) -> None:
    """Await ``work`` before a list request of one resource is answered, cached or not."""
    production = ResourceEndpoints.list

    async def list_(self: ResourceEndpoints, request: Request) -> Response:
        if self.resource.name == name:
            await work(self._backend, request)
        return await production(self, request)

    ResourceEndpoints.list = list_  # type: ignore[method-assign]


def after_detail(name: str, work: Callable[[Backend, Any], Awaitable[None]]) -> None:
    """Await ``work`` with every object of one resource that was read alone."""
    production = reading.read_detail

    async def read_detail(
        backend: Backend, resource: Resource, actor: Actor, number: int
    ) -> msgspec.Struct:
        item = await production(backend, resource, actor, number)
        if resource.name == name:
            await work(backend, item)
        return item

    reading.read_detail = read_detail
