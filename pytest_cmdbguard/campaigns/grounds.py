"""The grounds of two tenants: whose objects are at stake, and who must not get at them."""

from __future__ import annotations

import functools
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_cmdbguard.model import Actor, Exchange, Operation
    from pytest_cmdbguard.probes.client import Api
    from pytest_cmdbguard.witnesses.rows import RowWitness

    from .estate import Estate
    from .marking import Values
    from .owned import Owned
    from .questions import Question


class Grounds:
    """What the campaigns on access control have in common.

    ``estate`` is what the first tenant owns, ``rival`` what the second one does: its owners are
    the strangers to the first. ``commons`` is what all of them share.
    """

    def __init__(
        self, api: Api, rows: RowWitness, *, estate: Estate, rival: Estate, commons: Estate
    ) -> None:
        self.api, self.rows = api, rows
        self.estate, self.rival, self.commons = estate, rival, commons

    @property
    def strangers(self) -> tuple[Actor, ...]:
        """Who must not get at what is in ``estate``."""
        return self.rival.owners

    def estate_of(self, operation: Operation) -> Estate:
        """Where an operation finds objects that some actor may work on."""
        return self.commons if self.estate.is_shared(operation) else self.estate

    def send(self, actor: Actor | None, operation: Operation, values: Values) -> Exchange:
        """An operation as an actor, or as nobody."""
        return self.api.as_actor(actor.name if actor else None).send(operation, values)

    def ask(self, actor: Actor, operation: Operation, question: Question) -> Exchange:
        """A question as an actor, the rest of the request as this actor's own would be."""
        estate = self.estate if actor in self.estate.owners else self.rival
        return self.send(actor, operation, estate.wanted(operation, actor) | question.own)

    def column(self, owned: Owned, estate: Estate, name: str) -> Any:  # noqa: ANN401 - any JSON value
        """What the row of an object holds now; None when it is gone or has no such column."""
        state = self.rows.state(estate.row(owned, self.rows))
        text = state.columns.get(name) if state else None
        return None if text is None else json.loads(text)

    @functools.cached_property
    def owner_columns(self) -> Mapping[str, Any]:
        """The columns that say whose a row is, with the value that means the first tenant.

        They are found, not guessed: the column with one value in all rows of the one tenant and
        another value in all rows of the other, in more tables than any other such column.
        """
        ours, theirs = self._values(self.estate), self._values(self.rival)
        telling = {
            name: Counter(values).most_common(1)[0]
            for name, values in ours.items()
            if len(set(values)) == 1 and theirs.get(name) and not set(values) & set(theirs[name])
        }
        most = max((count for _, count in telling.values()), default=0)
        return {n: json.loads(value) for n, (value, count) in telling.items() if count == most}

    def _values(self, estate: Estate) -> dict[str, list[str]]:
        """Column name to its values in the rows of the objects of an estate, as JSON texts."""
        found: dict[str, list[str]] = {}
        for name, value in self._cells(estate, estate.objects):
            found.setdefault(name, []).append(value)
        return found

    def _cells(self, estate: Estate, objects: Iterable[Owned]) -> Iterator[tuple[str, str]]:
        for owned in objects:
            row = estate.row(owned, self.rows)
            state = self.rows.state(row)
            keys = {name for name, _ in row.key}
            for name, value in state.columns.items() if state else ():
                own = any(token in value for token in owned.tokens)  # differs from all others
                if name not in keys and value != "null" and not own:
                    yield name, value
