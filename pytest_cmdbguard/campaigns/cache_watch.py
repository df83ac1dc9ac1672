"""Tells from the SQL behind it whether an answer came from the cache, and whose it was.

A read is a hit when PostgreSQL receives no statement on the table of the object during it. That
needs no header of the target and cannot be faked by one.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .questions import newest_first, questions

if TYPE_CHECKING:
    from pytest_cmdbguard.model import Actor, Exchange, Operation
    from pytest_cmdbguard.probes.client import Api
    from pytest_cmdbguard.witnesses.rows import RowWitness
    from pytest_cmdbguard.witnesses.sql import SqlWitness

    from .estate import Estate
    from .owned import Owned

Values = Mapping[tuple[str, str], Any]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """Something the cache did wrong."""

    sink: str
    proof: str
    operation: Operation
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


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Two objects of one owner, of which one is written to, and their table."""

    update: Operation
    read: Operation
    changed: Owned
    kept: Owned
    table: str


class CacheWatch:
    """Plays scenarios of reads and writes and watches which reads reach the database.

    With the profile ``quick``, whether the owner gets what a stranger was answered is asked once
    per operation, not for every filter.
    """

    def __init__(  # noqa: PLR0913 - a campaign has these parts
        self,
        api: Api,
        sql: SqlWitness,
        rows: RowWitness,
        estate: Estate,
        strangers: Iterable[Actor],
        *,
        commons: Estate,
        profile: str,
    ) -> None:
        self._api, self._sql, self._rows, self._estate = api, sql, rows, estate
        self._full = profile == "full"
        self._strangers, self._commons = tuple(strangers), commons
        self._page_sizes = itertools.count(11)

    def is_shared(self, operation: Operation) -> bool:
        """Whether everybody gets the same answer by design."""
        return self._estate.is_shared(operation)

    def write_between_reads(self, update: Operation) -> Story:
        """Read, read again, write, read: hit, fresh; and what was not written is still a hit."""
        estate = self._commons if self.is_shared(update) else self._estate
        changed, kept = estate.fresh(update), estate.fresh(update)
        read = self._estate.reader(update)
        if changed is None or kept is None or read is None:
            return Story(stopped="no actor can create and read such an object")
        change = self._estate.change(update, changed)
        if change is None:
            return Story(stopped="no text field can be changed")
        table = changed.row(self._rows).table
        scene = Scene(update=update, read=read, changed=changed, kept=kept, table=table)
        if missed := list(self._repeat(scene)):
            return Story(defects=tuple(missed[:1]))
        return self._write(scene, *change)

    def _repeat(self, scene: Scene) -> Iterator[Defect]:
        """The second read of each object must be a hit."""
        for owned in (scene.changed, scene.kept):
            self._read(scene, owned)
            again, statements = self._read(scene, owned)
            if statements:
                yield _miss("a repeated read", scene.read, again, statements)

    def _write(self, scene: Scene, token: str, values: Values) -> Story:
        listed = self._listed(scene)
        owner = self._api.as_actor(scene.changed.owner.name)
        written = owner.send(scene.update, values)
        if written.status >= 300:
            return Story(stopped=f"the write was answered HTTP {written.status}")
        return Story(defects=tuple(self._after(scene, token, listed=listed)))

    def _after(self, scene: Scene, token: str, *, listed: Exchange | None) -> Iterator[Defect]:
        """What reads show after a write: the new value, and the cache for what was not written."""
        fresh, _ = self._read(scene, scene.changed)
        if token.encode() not in fresh.body:
            yield _stale(scene, "detail", fresh)
        if listed is not None:
            relisted = self._listed(scene)
            if relisted is not None and token.encode() not in relisted.body:
                yield _stale(scene, "list", relisted)
        other, statements = self._read(scene, scene.kept)
        if statements:
            when = "after a write to another object, a read"
            yield _miss(when, scene.update, other, statements)

    def _listed(self, scene: Scene) -> Exchange | None:
        """A page of the collection that shows the changed object, None where there is none."""
        lister = self._estate.lister(scene.changed)
        if lister is None:
            return None
        owner = self._api.as_actor(scene.changed.owner.name)
        answer = owner.send(lister, newest_first(lister))
        return answer if f'"id":{scene.changed.id}' in _compact(answer) else None

    def _read(self, scene: Scene, owned: Owned) -> tuple[Exchange, tuple[str, ...]]:
        """The answer to its owner, and the statements on the table that it took."""
        mark = self._sql.mark()
        owner = self._api.as_actor(owned.owner.name)
        answer = owner.send(scene.read, {("path", owned.parameter): owned.id})
        texts = (s.text for s in self._sql.since(mark) if s.kind == "statement")
        return answer, tuple(text for text in texts if scene.table in text)

    def same_question_by_two(self, read: Operation) -> Story:
        """The same URL by its owner and by a stranger, in both orders, while it is cached."""
        owner, stranger = self._pair()
        defects: list[Defect] = []
        asked = False
        for question in questions(read, self._estate):
            if not _places(read) <= question.own.keys():
                continue  # each would ask below a parent of its own: that is not the same URL
            other, shared = self._vary(read, question.own), self._vary(read, question.own)
            both_orders = self._full or not asked or other == shared
            # What is shown without the owner's help is access control's finding.
            if both_orders and self._shown(read, other, stranger):
                continue
            control = self._shown(read, shared, owner)
            leak = self._shown(read, shared, stranger) if control else None
            if leak and (both_orders or not self._shown(read, other, stranger)):
                proof = f"{stranger.name} was answered with a token that only {owner.name} sent, "
                defects.append(_crossing(f"{proof}after {owner.name} had asked", read, leak))
            if control and both_orders and not self._shown(read, other, owner):
                answer = self._api.as_actor(owner.name).send(read, other)
                proof = (
                    f"{owner.name} is not shown its own object, after {stranger.name} had asked"
                )
                defects.append(_crossing(proof, read, answer))
            asked = asked or bool(control)
        stopped = "" if asked else "no owned object is shown here"
        return Story(defects=tuple(defects), stopped=stopped)

    def _pair(self) -> tuple[Actor, Actor]:
        """An owner and a stranger of the same role, who differ by nothing but their tenant."""
        pairs = itertools.product(reversed(self._estate.owners), self._strangers)
        alike = (pair for pair in pairs if pair[0].role == pair[1].role)
        return next(alike, (self._estate.owners[-1], self._strangers[0]))

    def _shown(self, read: Operation, values: Values, actor: Actor) -> Exchange | None:
        answer = self._api.as_actor(actor.name).send(read, values)
        return answer if self._estate.shown_in(answer) else None

    def _vary(self, read: Operation, values: Values) -> Values:
        """The same question as a URL that no cache knows yet, where a page size allows it."""
        sizes = [p.name for p in read.parameters if p.name in {"limit", "page_size", "per_page"}]
        return {**values, **{("query", name): 100 + next(self._page_sizes) for name in sizes}}


def _places(read: Operation) -> set[tuple[str, str]]:
    return {("path", name) for name in re.findall(r"\{([^{}]+)\}", read.path)}


def _miss(
    when: str, operation: Operation, answer: Exchange, statements: tuple[str, ...]
) -> Defect:
    return Defect(
        sink=f"cache miss: {when}",
        proof=f"{when} made PostgreSQL run: {statements[0][:300]}",
        operation=operation,
        exchange=answer,
    )


def _stale(scene: Scene, what: str, answer: Exchange) -> Defect:
    return Defect(
        sink=f"stale {what}",
        proof=f"after {scene.update} had been answered, the {what} that was cached before still "
        f"lacks the written value: HTTP {answer.status} {_compact(answer)[:200]}",
        operation=scene.update,
        exchange=answer,
    )


def _compact(answer: Exchange) -> str:
    return answer.body.decode("utf-8", "replace").replace('": ', '":')


def _crossing(proof: str, operation: Operation, answer: Exchange) -> Defect:
    return Defect(
        sink="answer of another actor", proof=proof, operation=operation, exchange=answer
    )
