"""Who may log in: for operators the people of their tenant, for administrators everybody."""

# No postponed annotations here: msgspec reads them at run time.

import functools

import msgspec
import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response

from refcmdb.api import statements
from refcmdb.api.endpoints import NoQuery, json_response, who_asks
from refcmdb.api.features.endpoint import Endpoint
from refcmdb.api.problems import Problem
from refcmdb.api.reading import Backend
from refcmdb.api.requests import read_query
from refcmdb.api.values import Id, Name, UserRole
from refcmdb.auth.actors import Actor
from refcmdb.auth.roles import WRITERS
from refcmdb.models import users
from refcmdb.services.database import Statement, compiled

MOST = 1000


class Person(msgspec.Struct):
    """Somebody who may log in; administrators belong to no tenant."""

    id: Id
    name: Name
    role: UserRole
    tenant_id: Id | None


class People(msgspec.Struct):
    """The people, by name."""

    items: list[Person]


async def list_people(backend: Backend, request: Request) -> Response:
    """The people whom the actor may know of. Raises: Problem 403 for viewers."""
    actor = await who_asks(backend, request)
    read_query(request, NoQuery)
    if actor.role not in WRITERS:
        raise Problem(403, f"the role {actor.role} does not see who may log in")
    return json_response(await people_of(backend, actor))


async def people_of(backend: Backend, actor: Actor) -> object:
    """The answer to an actor."""
    statement = _people(scoped=actor.tenant_id is not None)
    rows = await backend.database.fetch(statement, {"scope": actor.tenant_id})
    return People([Person(*row) for row in rows])


@functools.cache
def _people(*, scoped: bool) -> Statement:
    select = sa.select(users.c.id, users.c.name, users.c.role, users.c.tenant_id)
    if scoped:
        select = select.where(statements.owned(users))
    most = sa.literal_column(str(MOST), sa.Integer)
    return compiled(select.order_by(users.c.name).limit(most))


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/users",
        id="users_list",
        summary="Who may log in, of the own tenant",
        tag="users",
        handle=list_people,
        answer=People,
        errors=(401, 403, 422),
        roles=WRITERS,
    ),
)
