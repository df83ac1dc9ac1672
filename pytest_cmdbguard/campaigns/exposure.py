"""Answers that show too much: secrets of the database, and what the document does not name."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import json
import re
from typing import TYPE_CHECKING

from pytest_cmdbguard.model import Parameter, Severity
from pytest_cmdbguard.probes.described import Answers, undocumented

from .cast import ends_the_session
from .likeness import is_granted
from .questions import newest_first

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_cmdbguard.model import Actor, Exchange, Operation
    from pytest_cmdbguard.witnesses.columns import Column, ColumnWitness

    from .grounds import Grounds
    from .marking import Values


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Exposed:
    """Something that an answer should not have shown."""

    sink: str
    proof: str
    exchange: Exchange
    point: Parameter | None = None
    severity: Severity | None = None


class Exposure:
    """Reads the answers to every kind of actor and looks for what should not be in them."""

    def __init__(
        self,
        grounds: Grounds,
        columns: ColumnWitness,
        actors: Sequence[Actor],
        answers: Answers,
        *,
        profile: str,
    ) -> None:
        self._grounds, self._columns, self._answers = grounds, columns, answers
        by_role = {actor.role: actor for actor in reversed(actors)}
        self._actors = tuple(reversed(by_role.values()))
        # Quick: who sees most, and of the others each operation's turn; full: all of them.
        self._turns = itertools.count() if profile == "quick" else None

    @functools.cached_property
    def secrets(self) -> dict[str, Column]:
        """The secrets that stand in the database once everybody owns something."""
        self._grounds.estate.create_all()
        return self._columns.secrets()

    @functools.cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        found = sorted(self.secrets, key=len, reverse=True)
        return re.compile("|".join(map(re.escape, found))) if found else None

    def shows_nothing(self, operation: Operation) -> bool:
        """Whether its answers have no body when it does what it is asked for."""
        return self._answers.are_empty(operation)

    def __call__(self, operation: Operation) -> tuple[bool, tuple[Exposed, ...]]:
        """Whether any answer was of use, and what was exposed in any of them."""
        known = self._pattern  # before anything new is shown to who made it
        answers = [] if ends_the_session(operation) else list(self._ask(operation))
        found = [e for answer in answers for e in self._exposed(operation, answer, known)]
        return any(map(is_granted, answers)), tuple(found)

    def _ask(self, operation: Operation) -> Iterator[Exchange]:
        """As the first actor of each role; what creates or changes only as one who may."""
        grounds = self._grounds
        estate = grounds.estate_of(operation)
        owned = estate.fresh(operation) if estate.carriers.in_path(operation) else None
        for actor in self._askers():
            owner = owned.owner if owned else estate.owners[-1]
            values: Values = estate.wanted(operation, owner) | newest_first(operation)
            if owned and operation.method != "DELETE":
                values |= estate.address(operation, owned)
            yield grounds.send(actor, operation, values)
        if owned and operation.reads:
            estate.give_back(owned)

    def _askers(self) -> tuple[Actor, ...]:
        *others, most = self._actors
        if self._turns is None or not others:
            return self._actors
        return (others[next(self._turns) % len(others)], most)

    def _exposed(
        self, operation: Operation, answer: Exchange, known: re.Pattern[str] | None
    ) -> Iterator[Exposed]:
        text = answer.body.decode("utf-8", "replace") + "\n".join(answer.headers.values())
        for match in known.finditer(text) if known else ():
            column = self.secrets[match[0]]
            who = answer.actor.name if answer.actor else "nobody"
            shown = f"{match[0][:4]}… ({len(match[0])} characters)"
            yield Exposed(
                sink=f"column {column}",
                proof=f"{who} was answered HTTP {answer.status} with {shown} of {column}",
                exchange=answer,
            )
        yield from self._unnamed(operation, answer)

    def _unnamed(self, operation: Operation, answer: Exchange) -> Iterator[Exposed]:
        schema = self._answers.schema(operation, answer.status)
        if schema is None or not is_granted(answer):
            return
        try:
            body = json.loads(answer.body)
        except ValueError:
            return
        for pointer in dict.fromkeys(undocumented(body, schema)):
            yield Exposed(
                sink=f"property {pointer}",
                proof=f"the answer has {pointer}, which the document does not name",
                exchange=answer,
                severity=Severity.LOW,
            )
