"""Tells from the SQL behind it whether an answer came from the cache, and whose it was.

A read is a hit when PostgreSQL receives no statement on the table of the object during it. That
needs no header of the target and cannot be faked by one.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_cmdbguard.model import Actor, Exchange, Operation
    from pytest_cmdbguard.probes.client import Api
    from pytest_cmdbguard.witnesses.rows import RowWitness
    from pytest_cmdbguard.witnesses.sql import SqlWitness

    from .estate import Estate, Owned

Values = Mapping[tuple[str, str], Any]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """Something the cache did wrong."""

    sink: str
    proof: str
    exchange: Exchange


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What came of one scenario; ``stopped`` says why it could not be played to its end."""

    defects: tuple[Defect, ...] = ()
    stopped: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether the scenario could be played."""
        return not self.stopped


class CacheWatch:
    """Plays scenarios of reads and writes and watches which reads reach the database."""

    def __init__(
        self,
        api: Api,
        sql: SqlWitness,
        rows: RowWitness,
        estate: Estate,
        strangers: Iterable[Actor],
    ) -> None:
        self._api, self._sql, self._rows, self._estate = api, sql, rows, estate
        self._strangers = tuple(strangers)
        self._page_sizes = itertools.count(11)

    def is_shared(self, operation: Operation) -> bool:
        """Whether everybody gets the same answer by design."""
        return self._estate.is_shared(operation)

    def write_between_reads(self, update: Operation) -> Story:
        """Read, read again, write, read: hit, fresh; and what was not written is still a hit."""
        changed, kept = self._estate.fresh(update), self._estate.fresh(update)
        read = self._estate.reader(update)
        if changed is None or kept is None or read is None:
            return Story(stopped="no actor can create and read such an object")
        table = changed.row(self._rows).table
        defects = []
        for owned in (changed, kept):
            self._read(read, owned, table)
            again, statements = self._read(read, owned, table)
            if statements:
                defects.append(_miss("a repeated read", again, statements))
        if defects:
            return Story(defects=tuple(defects[:1]))
        change = self._estate.change(update, changed)
        if change is None:
            return Story(stopped="no text field can be changed")
        token, values = change
        written = self._api.as_actor(changed.owner.name).send(update, values)
        if written.status >= 300:
            return Story(stopped=f"the write was answered HTTP {written.status}")
        return Story(defects=tuple(self._after(written, token, read, changed, kept, table)))

    def _after(
        self, written: Exchange, token: str, read: Operation, changed: Owned, kept: Owned, table: str
    ) -> Iterable[Defect]:
        """What reads show after a write: the new value, and the cache for what was not written."""
        fresh, _ = self._read(read, changed, table)
        if token.encode() not in fresh.body:
            yield Defect(
                sink="stale answer",
                proof=f"{written.method} was answered HTTP {written.status}, and the next {read} "
                f"still shows the object without the written value {token}",
                exchange=fresh,
            )
        other, statements = self._read(read, kept, table)
        if statements:
            yield _miss("after a write to another object, a read", other, statements)

    def _read(self, read: Operation, owned: Owned, table: str) -> tuple[Exchange, tuple[str, ...]]:
        """The answer to its owner, and the statements on the table that it took."""
        mark = self._sql.mark()
        answer = self._api.as_actor(owned.owner.name).send(
            read, {("path", owned.parameter): owned.id}
        )
        texts = (s.text for s in self._sql.since(mark) if s.kind == "statement")
        return answer, tuple(text for text in texts if table in text)

    def same_question_by_two(self, read: Operation) -> Story:
        """The same URL by its owner and by a stranger, in both orders, while it is cached."""
        stranger = self._strangers[0]
        defects: list[Defect] = []
        asked = False
        for values in self._estate.asks(read):
            owner = self._estate.owners[-1]
            first, second = self._vary(read, values), self._vary(read, values)
            if self._shown(read, first, stranger):
                continue  # shown without the owner's help: that is access control's finding
            control = self._shown(read, second, owner)
            asked = asked or bool(control)
            if control and (leak := self._shown(read, second, stranger)):
                proof = f"{stranger.name} was answered with a token that only {owner.name} sent, "
                defects.append(_crossing(proof + f"after {owner.name} had asked", leak))
            if control and not self._shown(read, first, owner):
                answer = self._api.as_actor(owner.name).send(read, first)
                proof = (
                    f"{owner.name} is not shown its own object, after {stranger.name} had asked"
                )
                defects.append(_crossing(proof, answer))
        stopped = "" if asked else "no owned object is shown here"
        return Story(defects=tuple(defects), stopped=stopped)

    def _shown(self, read: Operation, values: Values, actor: Actor) -> Exchange | None:
        answer = self._api.as_actor(actor.name).send(read, values)
        return answer if self._estate.shown_in(answer) else None

    def _vary(self, read: Operation, values: Values) -> Values:
        """The same question as a URL that no cache knows yet, where a page size allows it."""
        sizes = [p.name for p in read.parameters if p.name in {"limit", "page_size", "per_page"}]
        return {**values, **{("query", name): 100 + next(self._page_sizes) for name in sizes}}


def _miss(when: str, answer: Exchange, statements: tuple[str, ...]) -> Defect:
    return Defect(
        sink=f"cache miss: {when}",
        proof=f"{when} made PostgreSQL run: {statements[0][:300]}",
        exchange=answer,
    )


def _crossing(proof: str, answer: Exchange) -> Defect:
    return Defect(sink="answer of another actor", proof=proof, exchange=answer)
