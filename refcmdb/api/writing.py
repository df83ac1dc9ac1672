"""Creates, patches and deletes: one transaction each, with its rows in the change log."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import TYPE_CHECKING, Any

import asyncpg
import msgspec
import sqlalchemy as sa
from msgspec import UNSET

from refcmdb import models
from refcmdb.api import events, preconditions, statements
from refcmdb.api.problems import Problem, missing, of_one, outside
from refcmdb.api.reading import read_rows, seen_by, sight_of
from refcmdb.api.references import check_references, owners_of, require_rule, tag_ids
from refcmdb.api.values import encode
from refcmdb.models.columns import JSONB
from refcmdb.services import encryption
from refcmdb.services.cache import keys

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from refcmdb.api.reading import Backend
    from refcmdb.api.resource import Resource
    from refcmdb.auth.actors import Actor
    from refcmdb.services.database import Session

# One of the structs of refcmdb.api.schemas.
Item = Any

CHANGE_COLUMNS = (
    "tenant_id",
    "object_type",
    "object_id",
    "action",
    "before",
    "after",
    "user_id",
    "request_id",
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One object before and after a write; None where there was or is none.

    ``named`` is the word for what is no write.
    """

    before: Any = None
    after: Any = None
    named: str = ""

    @property
    def action(self) -> str:
        """The word of the change log."""
        if self.named:
            return self.named
        if self.before is None:
            return "create"
        return "delete" if self.after is None else "update"

    @property
    def item(self) -> Item:
        """The object, as it is or as it last was."""
        return self.before if self.after is None else self.after


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Who writes what, in which request; ``expected`` are the tags of its If-Match."""

    backend: Backend
    resource: Resource
    actor: Actor
    request_id: str
    expected: frozenset[str] | None = None

    def require_permission(self) -> None:
        """Raises: Problem 403 if the role does not write this resource."""
        allowed = self.actor.writes if self.resource.scoped else self.actor.administers
        if not allowed:
            raise Problem(403, f"the role {self.actor.role} does not write {self.resource.path}")
        if self.resource.tells_all and self.actor.constraints:
            raise Problem(403, f"an account with constraints does not write {self.resource.path}")

    async def create(self, bodies: Sequence[msgspec.Struct]) -> list[msgspec.Struct]:
        """All of ``bodies`` as new objects, or none of them.

        Raises: Problem 409 for a duplicate, 422 for a reference that the owner does not have.
        """
        async with self.transaction() as session:
            created = await self.created(session, bodies)
        await self.invalidate([Change(after=item) for item in created])
        return created

    async def patch(self, number: int, patch: msgspec.Struct) -> msgspec.Struct:
        """The object with the given fields changed.

        Raises: Problem 404, 409 for a duplicate, 412, 422 for a reference the owner does not
            have.
        """
        given = given_in(patch)
        async with self.transaction() as session:
            before = await self._expected(session, number)
            with of_one():
                owner = owner_of(before)
                await check_references(session, self.resource, self.actor, given, owner=owner)
                await require_rule(session, self.resource, [(before, given)])
            stored = {name: self._stored(name, value, owner) for name, value in given.items()}
            await self._update(session, number, stored)
            after = await self._locked(session, number, absent=outside)
            changes = [Change(before=before, after=after)] if given else []
            await self._record(session, changes)
        await self.invalidate(changes)
        return after

    async def delete(self, number: int) -> None:
        """Remove the object.

        Raises: Problem 404, 409 if other objects refer to it, 412.
        """
        async with self.transaction() as session:
            before = await self._expected(session, number)
            await self._remove(session, number)
            changes = [Change(before=before)]
            await self._record(session, changes)
        await self.invalidate(changes)

    async def note(self, number: int, action: str) -> None:
        """Record in the change log that somebody did this to the object. Raises: Problem 404."""
        async with self.transaction() as session:
            item = await self._locked(session, number)
            change = Change(before=item, after=item, named=action)
            await self._record(session, [change])
        tags = {keys.list_tag("changes", scope) for scope in (owner_of(item), None)}
        await self.backend.cache.invalidate(tags)

    @property
    def sight(self) -> statements.Sight:
        """Which of the objects the actor sees, and so may write."""
        return sight_of(self.resource, self.actor)

    async def _expected(self, session: Session, number: int) -> msgspec.Struct:
        item = await self._locked(session, number)
        if self.resource.personal and not self._is_own(item):
            raise Problem(403, f"only who made {self.resource.singular} changes it")
        preconditions.require_match(self.expected, encode(item))
        return item

    def _is_own(self, item: Item) -> bool:
        return self.actor.administers or item.user_id == self.actor.id

    async def _locked(
        self, session: Session, number: int, *, absent: Callable[[str], Problem] = missing
    ) -> msgspec.Struct:
        statement = statements.detail(self.resource, self.sight, lock=True)
        values = {"id": number, **seen_by(self.actor)}
        rows = await read_rows(session, self.resource, statement, values)
        if not rows:
            raise absent(self.resource.singular)
        return rows[0]

    async def created(
        self, session: Session, bodies: Sequence[msgspec.Struct]
    ) -> list[msgspec.Struct]:
        """What :meth:`create` makes, in a transaction that :meth:`invalidate` must follow."""
        owners = await owners_of(session, self.resource, self.actor, bodies)
        new = [
            msgspec.structs.asdict(body) | {"tenant_id": owner}
            for body, owner in zip(bodies, owners, strict=True)
        ]
        await require_rule(session, self.resource, [(None, given) for given in new])
        numbers = await self._insert(session, new)
        await self._tag(session, numbers, [getattr(body, "tags", []) for body in bodies])
        sight = dataclasses.replace(self.sight, scoped=False)  # whose they are was settled above
        statement = statements.items(self.resource, sight)
        values = {"ids": numbers, **seen_by(self.actor)}
        created = await read_rows(session, self.resource, statement, values)
        if len(created) < len(numbers):
            raise outside(self.resource.singular)
        await self._record(session, [Change(after=item) for item in created])
        return created

    async def _insert(self, session: Session, new: Sequence[Mapping[str, Any]]) -> list[int]:
        table = self.resource.table
        values: dict[str, object] = {
            name: [self._stored(name, given[name], given["tenant_id"]) for given in new]
            for name in new[0]
            if name in table.c
        }
        if "user_id" in table.c:
            values["user_id"] = [self.actor.id] * len(new)
        rows = await session.fetch(statements.insert(table, tuple(values)), values)
        return [number for (number,) in rows]

    async def _update(self, session: Session, number: int, given: dict[str, Any]) -> None:
        columns = tuple(name for name in given if name in self.resource.table.c)
        values = {f"new_{name}": given[name] for name in columns} | {"id": number}
        if given:
            await session.fetch(statements.update(self.resource.table, columns), values)
        if "tags" in given:
            await session.fetch(statements.untag(), {"ids": [number]})
            await self._tag(session, [number], [given["tags"]])

    def _stored(self, name: str, value: object, owner: int | None) -> object:
        """A field as its column keeps it: JSON as text, secrets sealed."""
        column = self.resource.table.c.get(name)
        if column is not None and isinstance(column.type, JSONB) and value is not None:
            return encode(value)
        if name not in self.resource.sealed or value is None:
            return value
        place = encryption.place(self.resource.name, name, owner)
        try:
            return self.backend.settings.keys.seal(str(value), place=place)
        except encryption.KeyProblem as error:
            raise Problem(503, "secrets cannot be stored: no key is configured") from error

    async def _remove(self, session: Session, number: int) -> None:
        statement = statements.delete(self.resource.table, self.sight)
        await session.fetch(statement, {"id": number, **seen_by(self.actor)})

    async def _tag(
        self, session: Session, numbers: Sequence[int], names: Sequence[list[str]]
    ) -> None:
        wanted = {name for each in names for name in each}
        if not wanted:
            return
        known = await tag_ids(session, wanted)
        pairs = [
            (number, known[name])
            for number, each in zip(numbers, names, strict=True)
            for name in sorted(set(each))
        ]
        statement = statements.insert(models.device_tags, ("device_id", "tag_id"), number=False)
        devices, tags = zip(*pairs, strict=True)
        await session.fetch(statement, {"device_id": list(devices), "tag_id": list(tags)})

    async def _record(self, session: Session, changes: Sequence[Change]) -> None:
        if not changes:
            return
        rows = [
            (
                owner_of(change.item),
                self.resource.name,
                change.item.id,
                change.action,
                self._snapshot(change.before),
                self._snapshot(change.after),
                self.actor.id,
                self.request_id,
            )
            for change in changes
        ]
        columns = map(list, zip(*rows, strict=True))
        values = dict(zip(CHANGE_COLUMNS, columns, strict=True))
        await session.fetch(statements.insert(models.changes, CHANGE_COLUMNS), values)

    def _snapshot(self, item: Item) -> bytes | None:
        """What the change log, which the whole tenant reads, shows of an object."""
        is_hidden = item is None or (self.resource.personal and not item.shared)
        return None if is_hidden else encode(item)

    async def invalidate(self, changes: Sequence[Change]) -> None:
        """Let caches and webhooks know of what was committed."""
        tags = {tag for change in changes for tag in tags_of_change(self.resource, change)}
        await self.backend.cache.invalidate(tags)
        if changes:
            event = events.Event(
                event=changes[0].action,
                object_type=self.resource.name,
                request_id=self.request_id,
                items=[change.item for change in changes],
            )
            await events.announce(self.backend, event)

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[Session]:
        """A transaction; what its constraints refuse becomes Problem 409."""
        try:
            async with self.backend.database.transaction() as session:
                yield session
        except asyncpg.UniqueViolationError as error:
            raise Problem(409, self._duplicate(error.constraint_name)) from error
        except (asyncpg.ForeignKeyViolationError, asyncpg.RestrictViolationError) as error:
            raise Problem(409, "other objects refer to it, or it refers to one gone") from error

    def _duplicate(self, constraint: str | None) -> str:
        for unique in self.resource.table.constraints:
            if isinstance(unique, sa.UniqueConstraint) and unique.name == constraint:
                names = [column.name for column in unique.columns if column.name != "tenant_id"]
                return f"there is already {self.resource.singular} with this {', '.join(names)}"
        return f"there is already {self.resource.singular} like this"


def tags_of_change(resource: Resource, change: Change) -> set[str]:
    """The cache tags that a change invalidates: what shows the object, and nothing else."""
    scopes = {owner_of(change.item), None}
    tags = {keys.object_tag(resource.name, change.item.id)}
    tags |= {keys.list_tag(resource.name, scope) for scope in scopes}
    tags |= {keys.list_tag("changes", scope) for scope in scopes}
    if change.action == "update" and _label(resource, change.before) != _label(
        resource, change.after
    ):
        tags |= {keys.label_tag(resource.name, scope) for scope in scopes}
    return tags


def given_in(patch: msgspec.Struct) -> dict[str, Any]:
    """The fields that a PATCH changes."""
    named = {name: getattr(patch, name) for name in patch.__struct_fields__}
    return {name: value for name, value in named.items() if value is not UNSET}


def _label(resource: Resource, item: Item) -> object:
    return getattr(item, resource.label)


def owner_of(item: Item) -> int | None:
    """The tenant that an object belongs to; None for what all share."""
    owner: int | None = getattr(item, "tenant_id", None)
    return owner
