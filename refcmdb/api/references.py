"""What a body may point to: only objects that exist and belong to the same tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from refcmdb import models
from refcmdb.api import constraints, custom_fields, statements
from refcmdb.api.problems import FieldError, Problem, invalid

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import msgspec
    import sqlalchemy as sa

    from refcmdb.api.resource import Resource
    from refcmdb.auth.actors import Actor
    from refcmdb.services.database import Session

# Per reference field of a resource: the owner of each number that exists; None is everybody.
Found = dict[str, dict[int, int | None]]


async def owners_of(
    session: Session, resource: Resource, actor: Actor, bodies: Sequence[msgspec.Struct]
) -> list[int | None]:
    """The tenant each of ``bodies`` will belong to, its references checked.

    An actor of a tenant creates for that tenant; others name the owner, or what they refer to
    tells.

    Raises: Problem 422.
    """
    named = [{name: getattr(body, name) for name in body.__struct_fields__} for body in bodies]
    found = await _find(session, resource, actor, named)
    if not resource.scoped:
        return [None] * len(bodies)
    owners = [_owner_of(given, found, actor) for given in named]
    await _require_tenants(session, {owner for owner in owners if owner != actor.tenant_id})
    _require_own(named, found, owners)
    return list(owners)


async def check_references(
    session: Session,
    resource: Resource,
    actor: Actor,
    given: Mapping[str, Any],
    *,
    owner: int | None,
) -> None:
    """Raises: Problem 422 if ``given`` points to what ``owner`` does not have or actor not see."""
    await check_all(session, resource, actor, [given], [owner])


async def check_all(
    session: Session,
    resource: Resource,
    actor: Actor,
    bodies: Sequence[Mapping[str, Any]],
    owners: Sequence[int | None],
) -> None:
    """:func:`check_references` of many. Raises: Problem 422."""
    _require_own(bodies, await _find(session, resource, actor, bodies), owners)


async def require_rule(
    session: Session,
    resource: Resource,
    changes: Sequence[tuple[Any, dict[str, Any]]],
) -> None:
    """Make custom fields in what is given complete, and judge what the objects become.

    Raises: Problem if the resource's rule or the definition of a custom field refuses that.
    """
    await custom_fields.complete(session, resource, changes)
    if resource.rule is None or resource.body is None:
        return
    fields = resource.body.__struct_fields__
    become = [
        {name: given[name] if name in given else getattr(before, name) for name in fields}
        for before, given in changes
    ]
    await resource.rule(session, become, [before.id for before, _ in changes if before])


async def tag_ids(session: Session, names: Collection[str]) -> dict[str, int]:
    """The numbers of the tags ``names``.

    Raises: Problem 422 naming the first one that does not exist.
    """
    rows = await session.fetch(statements.tags_named(), {"names": sorted(names)})
    known: dict[str, int] = {row[0]: row[1] for row in rows}
    for name in sorted(names):
        if name not in known:
            raise invalid("tags", f"there is no tag {name!r}")
    return known


async def _find(
    session: Session, resource: Resource, actor: Actor, bodies: Sequence[Mapping[str, Any]]
) -> Found:
    found: Found = {}
    for field, target in resource.references.items():
        numbers = {body.get(field) for body in bodies} - {None, UNSET}
        table = models.metadata.tables[target]
        found[field] = await left_of(session, actor, table, numbers) if numbers else {}
    return found


async def left_of(
    session: Session, actor: Actor, table: sa.Table, numbers: Collection[int | None]
) -> dict[int, int | None]:
    """The owners of those of the rows that the actor's constraints leave, by number."""
    own = constraints.of(actor)
    statement = statements.owners(table, own.held)
    rows = await session.fetch(statement, {"ids": list(numbers), **own.values})
    return {row[0]: row[1] for row in rows}


async def _require_tenants(session: Session, numbers: Collection[int]) -> None:
    if not numbers:
        return
    statement = statements.owners(models.tenants)
    rows = await session.fetch(statement, {"ids": list(numbers)})
    if len(rows) < len(numbers):
        raise invalid("tenant_id", "there is no such tenant")


def _owner_of(given: Mapping[str, Any], found: Found, actor: Actor) -> int:
    named = given["tenant_id"]
    if actor.tenant_id is not None:
        if named not in {UNSET, actor.tenant_id}:
            raise invalid("tenant_id", "there is no such tenant")
        return actor.tenant_id
    if named is not UNSET:
        owner: int = named
        return owner
    for field, owners in found.items():
        if told := owners.get(given[field]):
            return told
    raise invalid("tenant_id", "is required from an actor without a tenant")


def _require_own(
    bodies: Sequence[Mapping[str, Any]], found: Found, owners: Sequence[int | None]
) -> None:
    errors = [
        error
        for position, (given, owner) in enumerate(zip(bodies, owners, strict=True))
        for error in _foreign(given, found, owner, prefix=f"[{position}].")
    ]
    if errors:
        raise Problem(422, "the request is not valid", errors=errors)


def _foreign(
    given: Mapping[str, Any], found: Found, owner: int | None, *, prefix: str
) -> list[FieldError]:
    return [
        FieldError(prefix + field, "there is no such object")
        for field, owners in found.items()
        if given.get(field, UNSET) not in {None, UNSET}
        and (given[field] not in owners or owners[given[field]] not in {None, owner})
    ]
