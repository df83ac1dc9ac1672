"""What the features have in common: who may use a tool, and how a service's refusal is told."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from refcmdb.api import endpoints, reading
from refcmdb.api.problems import Problem, invalid
from refcmdb.api.registry import RESOURCES
from refcmdb.api.requests import read_query
from refcmdb.middleware.security import events
from refcmdb.services.bad_input import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

    from refcmdb.api.reading import Backend
    from refcmdb.api.schemas import DeviceItem
    from refcmdb.auth.actors import Actor


async def tool_user(backend: Backend, request: Request) -> Actor:
    """Who asks. Raises: Problem 401, 403 for roles that only read, 422 for query parameters."""
    actor = await endpoints.who_asks(backend, request)
    if not actor.writes:
        raise Problem(403, f"the role {actor.role} does not use tools")
    read_query(request, endpoints.NoQuery)
    return actor


async def named_device(backend: Backend, actor: Actor, number: int) -> DeviceItem:
    """The device that a body names. Raises: Problem 422 if the actor sees none."""
    try:
        found = await reading.read_detail(backend, RESOURCES["devices"], actor, number)
    except Problem as problem:
        raise invalid("device_id", "there is no such object") from problem
    return found  # type: ignore[return-value] # the item of that resource


@contextlib.contextmanager
def bad_input_told(request: Request) -> Iterator[None]:
    """A service's BadInput in the body becomes Problem 422, and hostile input an event."""
    try:
        yield
    except BadInput as error:
        if error.hostile:
            events.emit("input.hostile", request.scope, outcome="refused", detail=str(error))
        raise invalid(error.field, str(error)) from error
