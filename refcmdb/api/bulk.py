"""Many objects patched or deleted in one transaction: all of them, or none."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from refcmdb.api import statements
from refcmdb.api.problems import Problem, invalid, missing, outside
from refcmdb.api.reading import read_rows, seen_by
from refcmdb.api.references import check_all, require_rule
from refcmdb.api.writing import Change, Writer, given_in, owner_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import msgspec

    from refcmdb.services.database import Session

Fields = dict[str, Any]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BulkWriter(Writer):
    """A writer of many objects at once; the statements do not grow with their number."""

    @classmethod
    def of(cls, writer: Writer) -> BulkWriter:
        """The same writer."""
        return cls(
            **{field.name: getattr(writer, field.name) for field in dataclasses.fields(writer)}
        )

    async def patch_all(self, patches: Sequence[Any]) -> list[msgspec.Struct]:
        """The objects with the given fields changed, in the order of their numbers.

        Raises: Problem 404 if one is missing, 409 for a duplicate, 422 for an object that is
            named twice or a reference its owner does not have.
        """
        given = {patch.id: given_in(patch) for patch in sorted(patches, key=lambda one: one.id)}
        require_once([patch.id for patch in patches])
        async with self.transaction() as session:
            before = await self._locked_all(session, list(given))
            await check_all(
                session,
                self.resource,
                self.actor,
                list(given.values()),
                [owner_of(item) for item in before],
            )
            await require_rule(
                session, self.resource, list(zip(before, given.values(), strict=True))
            )
            await self._update_all(session, given)
            after = await self._locked_all(session, list(given), absent=outside)
            changes = [
                Change(before=old, after=new)
                for old, new, fields in zip(before, after, given.values(), strict=True)
                if len(fields) > 1
            ]
            await self._record(session, changes)
        await self.invalidate(changes)
        return after

    async def delete_all(self, numbers: Sequence[int]) -> None:
        """Remove the objects.

        Raises: Problem 404 if one is missing, 409 if others refer to one, 422 for one that is
            named twice.
        """
        require_once(numbers)
        async with self.transaction() as session:
            before = await self._locked_all(session, numbers)
            statement = statements.delete_many(self.resource.table)
            await session.fetch(statement, {"ids": list(numbers)})
            changes = [Change(before=item) for item in before]
            await self._record(session, changes)
        await self.invalidate(changes)

    async def _locked_all(
        self,
        session: Session,
        numbers: Sequence[int],
        *,
        absent: Callable[[str], Problem] = missing,
    ) -> list[msgspec.Struct]:
        statement = statements.items(self.resource, self.sight, lock=True)
        values = {"ids": list(numbers), **seen_by(self.actor)}
        found = await read_rows(session, self.resource, statement, values)
        if len(found) < len(numbers):
            raise absent(self.resource.singular)
        return found

    async def _update_all(self, session: Session, given: Mapping[int, Fields]) -> None:
        """One statement for all objects of which the same columns change."""
        alike: dict[tuple[str, ...], list[Fields]] = {}
        for fields in given.values():
            columns = tuple(name for name in fields if name in self.resource.table.c)
            if len(fields) > 1:
                alike.setdefault(columns, []).append(fields)
        for columns, group in alike.items():
            changed = tuple(name for name in columns if name != "id")
            arrays = {
                f"new_{name}": [self._stored(name, one[name], None) for one in group]
                for name in changed
            }
            values = {"ids": [one["id"] for one in group], **arrays}
            await session.fetch(statements.update_many(self.resource.table, changed), values)
        tagged = [fields for fields in given.values() if "tags" in fields]
        if tagged:
            numbers = [fields["id"] for fields in tagged]
            await session.fetch(statements.untag(), {"ids": numbers})
            await self._tag(session, numbers, [fields["tags"] for fields in tagged])


def require_once(numbers: Sequence[int]) -> None:
    """Raises: Problem 422 if an object is named twice: nobody could say what it becomes."""
    seen: set[int] = set()
    for position, number in enumerate(numbers):
        if number in seen:
            raise invalid(f"[{position}].id", "is named before")
        seen.add(number)
