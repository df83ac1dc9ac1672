"""Changing what belongs to somebody else: the row is the witness, not the answer."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_cmdbguard.model import Actor, Exchange, Operation
    from pytest_cmdbguard.witnesses.rows import Place

    from .estate import Estate
    from .grounds import Grounds
    from .marking import Values
    from .owned import Owned


# The first id of a list of ids, or of a list of objects that say their ids.
_IN_LIST = re.compile(r"/0((?:/\w+)?)$")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A request on an object, and what became of its row (empty when it stayed as it was).

    A row that refers to it by a foreign key, and came with a request that was taken, counts.
    """

    actor: Actor | None
    exchange: Exchange
    row: Place
    change: str

    @property
    def who(self) -> str:
        """The actor in words."""
        return f"{self.actor.name} (tenant {self.actor.tenant})" if self.actor else "nobody"


class Trespass:
    """Sends operations on the objects of others and looks at the rows before and after."""

    def __init__(self, grounds: Grounds) -> None:
        self._grounds = grounds

    def attempt(
        self, actor: Actor | None, operation: Operation, values: Values, row: Place
    ) -> Attempt:
        """One request, and what it did to a row."""
        rows = self._grounds.rows
        creates = operation.method == "POST"
        before, kin = rows.state(row), rows.kin(row) if creates else {}
        exchange = self._grounds.send(actor, operation, values)
        after = rows.state(row)
        same = before is None or before == after
        change = "" if before is None or same else before.turned_into(after)
        if kin and not change and exchange.is_taken:
            change = _grown(kin, rows.kin(row))
        return Attempt(actor=actor, exchange=exchange, row=row, change=change)

    def by_strangers(self, operation: Operation) -> Iterator[Attempt]:
        """Each stranger's request on a fresh object of the first tenant, then the owner's own."""
        grounds = self._grounds
        grounds.rival.create_all()  # earlier than what is at stake: some handlers sort
        found = self._victim(operation)
        if found is None:
            return
        owned, address = found
        row = grounds.estate.row(owned, grounds.rows)
        for stranger in grounds.strangers:
            for named in self._ways(operation, address):
                values = grounds.estate.wanted(operation, owned.owner) | named
                yield self.attempt(stranger, operation, values, row)
        own = grounds.estate.wanted(operation, owned.owner) | address
        yield self.attempt(owned.owner, operation, own, row)

    def _ways(self, operation: Operation, address: Values) -> Iterator[Values]:
        """An object alone, and in a list behind one of the stranger's own."""
        yield address
        for (location, name), value in address.items():
            if location == "body" and (found := _IN_LIST.search(name)):
                rival = self._grounds.rival
                collection = dict(_collections(operation, rival)).get(name, "")
                own = rival.of(collection)
                if own is not None:
                    behind = f"{name[: found.start()]}/1{found[1]}"
                    yield {(location, name): own.id, (location, behind): value}

    def _victim(self, operation: Operation) -> tuple[Owned, Values] | None:
        """A fresh object and the values that name it in an operation."""
        estate = self._grounds.estate
        if estate.carriers.in_path(operation):
            owned = estate.fresh(operation)
            return None if owned is None else (owned, estate.address(operation, owned))
        return next(self._listed(operation, estate), None)

    def _listed(self, operation: Operation, estate: Estate) -> Iterator[tuple[Owned, Values]]:
        """An object that is named in the body, as bulk operations do."""
        if operation in estate.creators:
            return
        for point, collection in estate.carriers.beside_path(operation):
            creator = next(op for op in estate.creators if estate.collection(op) == collection)
            owned = estate.create(creator) if point.location == "body" else None
            if owned is not None:
                yield owned, {(point.location, point.name): owned.id}


def _grown(before: Mapping[str, int], after: Mapping[str, int]) -> str:
    """In words where more rows refer to an object than before."""
    more = {table: after.get(table, 0) - number for table, number in before.items()}
    told = (f"{number} more in {table}" for table, number in more.items() if number > 0)
    words = ", ".join(told)
    return f"rows that refer to it: {words}" if words else ""


def _collections(operation: Operation, estate: Estate) -> Iterator[tuple[str, str]]:
    for point, collection in estate.carriers.beside_path(operation):
        yield point.name, collection
