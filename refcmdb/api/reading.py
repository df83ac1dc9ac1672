"""Lists and details."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET, UnsetType

from refcmdb.api import constraints, cursors, statements
from refcmdb.api.problems import invalid, missing
from refcmdb.api.registry import RESOURCES
from refcmdb.api.resource import types_of
from refcmdb.api.values import CustomFilter, encode
from refcmdb.services.cache import keys

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from refcmdb.api.resource import Resource
    from refcmdb.auth.actors import Actor
    from refcmdb.auth.throttling import LogInGuard
    from refcmdb.middleware.security.limits import RateLimit
    from refcmdb.monitoring.advisor import Advisor
    from refcmdb.monitoring.alerts import AlertSystem
    from refcmdb.monitoring.monitor import PerformanceMonitor
    from refcmdb.services.assistant import Assistant
    from refcmdb.services.cache import CacheManager
    from refcmdb.services.database import Database, Session, Statement
    from refcmdb.services.delivery import Courier
    from refcmdb.services.outgoing import Outgoing
    from refcmdb.services.storage import Storage
    from refcmdb.settings import Settings

# Query structs are made at run time.
Query = Any

UNFILTERED = frozenset({"limit", "cursor", "sort", "q", "fields", "count"})
# What a cursor may be used with as well as without.
UNBOUND = frozenset({"limit", "cursor", "fields", "count"})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """What the handlers stand on."""

    settings: Settings
    database: Database
    cache: CacheManager
    storage: Storage
    guard: LogInGuard
    outgoing: Outgoing
    courier: Courier
    monitor: PerformanceMonitor
    advisor: Advisor
    alerts: AlertSystem
    assistant: Assistant
    questions: RateLimit


def scope_of(resource: Resource, actor: Actor) -> int | None:
    """The tenant whose rows the actor sees of ``resource``; None is all rows."""
    return actor.tenant_id if resource.scoped else None


def sight_of(resource: Resource, actor: Actor) -> statements.Sight:
    """Which rows of ``resource`` the actor sees; they are read with :func:`seen_by`."""
    scoped = scope_of(resource, actor) is not None
    return statements.Sight(scoped=scoped, held=constraints.of(actor).held)


def seen_by(actor: Actor) -> dict[str, object]:
    """The values of what :func:`sight_of` puts into statements."""
    values = constraints.of(actor).values
    return {"scope": actor.tenant_id, "reader": actor.id, **values}


async def list_page(
    backend: Backend, resource: Resource, actor: Actor, query: msgspec.Struct
) -> msgspec.Struct:
    """One page of what the actor may see.

    Raises: Problem 422 for a cursor that is not ours or belongs to another query.
    """
    statement, values = page_of(backend, resource, actor, query)
    shape = shape_of(resource, actor, query)
    async with backend.database.session() as session:
        if shape.fields:
            rows: list[Any] = [
                dict(zip(shape.fields, row, strict=True))
                for row in await session.fetch(statement, values)
            ]
        else:
            rows = await read_rows(session, resource, statement, values)
        count = await _count(session, resource, shape, values, how=given_of(query)["count"])
    page = _page(backend, resource, query, rows)
    return msgspec.structs.replace(page, count=count)


def page_of(
    backend: Backend, resource: Resource, actor: Actor, query: msgspec.Struct
) -> tuple[Statement, dict[str, object]]:
    """The statement of a list query and its values."""
    shape = shape_of(resource, actor, query)
    return statements.page(resource, shape), values_of(backend, resource, actor, query)


def shape_of(resource: Resource, actor: Actor, query: msgspec.Struct) -> statements.Shape:
    """What decides the text of a list query's statement."""
    given = given_of(query)
    return statements.Shape(
        sort=given["sort"],
        fields=_selected(resource, given),
        filters=tuple(name for name in given if name not in UNFILTERED),
        sight=sight_of(resource, actor),
        searching="q" in given,
        following="cursor" in given,
    )


def values_of(
    backend: Backend, resource: Resource, actor: Actor, query: msgspec.Struct
) -> dict[str, object]:
    """What a list query's statement is run with."""
    given = given_of(query)
    values: dict[str, object] = {
        f"is_{name}": value.contained if isinstance(value, CustomFilter) else value
        for name, value in given.items()
    }
    values |= seen_by(actor) | {"limit": given["limit"] + 1}
    if "q" in given:
        values["q"] = statements.substring(given["q"])
    if "cursor" in given:
        values |= _after(backend, resource, query, given["cursor"])
    return values


def _selected(resource: Resource, given: dict[str, Any]) -> tuple[str, ...]:
    """The fields that a page with ``fields`` reads: the cursor needs two that may not be asked."""
    if "fields" not in given:
        return ()
    wanted = {*given["fields"].chosen, "id", given["sort"].removeprefix("-")}
    return tuple(name for name in resource.item.__struct_fields__ if name in wanted)


async def _count(
    session: Session,
    resource: Resource,
    shape: statements.Shape,
    values: dict[str, object],
    *,
    how: str,
) -> int | UnsetType:
    if how == "none":
        return UNSET
    every = statements.Shape(
        sort="id", filters=shape.filters, sight=shape.sight, searching=shape.searching
    )
    statement = statements.count if how == "exact" else statements.estimate
    ((found,),) = await session.fetch(statement(resource, every), values)
    if how == "exact":
        return int(found)
    ((plan),) = msgspec.json.decode(found)
    return int(plan["Plan"]["Plan Rows"])


async def read_rows(
    session: Session, resource: Resource, statement: Statement, values: Mapping[str, object]
) -> list[msgspec.Struct]:
    """The items that a statement finds."""
    return [resource.item(*row) for row in await session.fetch(statement, values)]


async def read_detail(
    backend: Backend, resource: Resource, actor: Actor, number: int
) -> msgspec.Struct:
    """One object.

    Raises: Problem 404 if there is none, or none that the actor may see.
    """
    statement = statements.detail(resource, sight_of(resource, actor))
    async with backend.database.session(steady=True) as session:
        rows = await read_rows(session, resource, statement, {"id": number, **seen_by(actor)})
    if not rows:
        raise missing(resource.singular)
    return rows[0]


async def read_columns(
    backend: Backend, resource: Resource, actor: Actor, number: int, columns: tuple[str, ...]
) -> Sequence[Any]:
    """Columns of one object, also those that no item shows.

    Raises: Problem 404 if there is none, or none that the actor may see.
    """
    statement = statements.one(resource.table, columns, sight_of(resource, actor))
    values = {"id": number, **seen_by(actor)}
    rows = await backend.database.fetch(statement, values, steady=True)
    if not rows:
        raise missing(resource.singular)
    return rows[0]


def tags_of_list(resource: Resource, actor: Actor) -> list[str]:
    """What a cached list depends on."""
    scope = scope_of(resource, actor)
    return [keys.list_tag(resource.name, scope), *_label_tags(resource, actor)]


def tags_of_detail(resource: Resource, actor: Actor, number: int) -> list[str]:
    """What a cached detail depends on."""
    return [keys.object_tag(resource.name, number), *_label_tags(resource, actor)]


def _label_tags(resource: Resource, actor: Actor) -> list[str]:
    shown = [
        key.column.table.name
        for column in resource.embeds.values()
        for key in resource.table.c[column].foreign_keys
    ]
    if "tags" in resource.extras:
        shown.append("tags")
    known = [RESOURCES[name] for name in shown if name in RESOURCES]
    return [keys.label_tag(target.name, scope_of(target, actor)) for target in known]


def given_of(query: msgspec.Struct) -> dict[str, Any]:
    """The query parameters that were given or have a default."""
    named = {name: getattr(query, name) for name in query.__struct_fields__}
    return {name: value for name, value in named.items() if value is not UNSET}


def _fingerprint(resource: Resource, query: msgspec.Struct) -> str:
    rest = {k: v for k, v in given_of(query).items() if k not in UNBOUND}
    return cursors.fingerprint(resource.name, encode(rest))


def _after(
    backend: Backend, resource: Resource, query: msgspec.Struct, text: str
) -> dict[str, object]:
    place = cursors.read(text, secret=backend.settings.secret)
    if place is None or place.query != _fingerprint(resource, query):
        raise invalid("cursor", "is not a `next` of this list with these parameters")
    column = given_of(query)["sort"].removeprefix("-")
    kind = types_of(resource.item)[column]
    value = msgspec.json.decode(place.value, type=kind, dec_hook=lambda kind, text: kind(text))
    return {"after_value": value, "after_id": place.id}


def _page(
    backend: Backend,
    resource: Resource,
    query: Query,
    rows: list[Any],
) -> msgspec.Struct:
    items, following = rows[: query.limit], None
    if len(rows) > query.limit:
        last = items[-1] if isinstance(items[-1], dict) else msgspec.structs.asdict(items[-1])
        value = msgspec.Raw(encode(last[query.sort.removeprefix("-")]))
        place = cursors.Place(_fingerprint(resource, query), value, last["id"])
        following = cursors.write(place, secret=backend.settings.secret)
    if query.fields is not UNSET:
        items = [{name: item[name] for name in query.fields.chosen} for item in items]
    return resource.page(items, following)
