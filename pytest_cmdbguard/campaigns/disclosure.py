"""Reading what belongs to somebody else, in every way in which an operation can be asked."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from pytest_cmdbguard.probes.samples import absent_id

from .likeness import is_granted
from .questions import questions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_cmdbguard.model import Actor, Exchange, Operation, Parameter

    from .grounds import Grounds
    from .questions import Question


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What one question brought: whether its owner was answered, and what strangers learned."""

    carrier: Parameter
    reached: bool
    leaks: tuple[tuple[Exchange, str], ...]


class Disclosure:
    """Asks for the objects of the first tenant as their owners and as strangers.

    With the profile ``quick``, a filter is tried by one stranger, the last.

    A token in the answer to a stranger proves a leak: only the owner ever sent it. Where there is
    none, the same answer as the owner's does, if one for an object that is not there differs.
    """

    def __init__(self, grounds: Grounds, *, profile: str) -> None:
        self._grounds = grounds
        self._full = profile == "full"

    def __call__(self, operation: Operation) -> Iterator[Asked]:
        """One result per question."""
        reached = False
        for question in questions(operation, self._grounds.estate):
            owned = self._by_owner(operation, question, enough=reached)
            reached = reached or owned is not None
            leaks = [
                (answer, words)
                for stranger in self._strangers(question)
                for answer, words in self._by_stranger(stranger, operation, question, owned)
            ]
            yield Asked(carrier=question.carrier, reached=reached, leaks=tuple(leaks))

    def _strangers(self, question: Question) -> tuple[Actor, ...]:
        is_filter = question.owned is not None and question.carrier.location == "query"
        everybody = self._grounds.strangers
        return everybody[-1:] if is_filter and not self._full else everybody

    def _by_owner(
        self, operation: Operation, question: Question, *, enough: bool
    ) -> Exchange | None:
        """The first answer to an owner that shows a token, or an object in the path."""
        if enough and question.carrier.location != "path":
            return None
        for owner in self._grounds.estate.owners:
            answer = self._grounds.ask(owner, operation, question)
            in_path = question.carrier.location == "path" and is_granted(answer)
            if in_path or self._grounds.estate.shown_in(answer):
                return answer
        return None

    def _by_stranger(
        self, stranger: Actor, operation: Operation, question: Question, owned: Exchange | None
    ) -> Iterator[tuple[Exchange, str]]:
        estate = self._grounds.estate
        answer = self._grounds.ask(stranger, operation, question)
        who = f"{stranger.name} (tenant {stranger.tenant}) was answered HTTP {answer.status}"
        if token := estate.shown_in(answer):
            owner = estate.owner_of(token)
            words = f"{token}, which only {owner.name} (tenant {owner.tenant}) ever sent"
            yield answer, f"{who} with {words}"
        elif owned and self._tells_the_same(answer, owned, stranger, operation, question):
            told = answer.body[:160].decode("utf-8", "replace")
            yield answer, f"{who} with just what the owner is told, {told}"

    def _tells_the_same(
        self,
        answer: Exchange,
        owned: Exchange,
        stranger: Actor,
        operation: Operation,
        question: Question,
    ) -> bool:
        """Whether a stranger is told what an owner is, and not what one is told of nothing."""
        place = ("path", question.carrier.name)
        if place not in question.own or not (is_granted(answer) and answer.body == owned.body):
            return False
        own = question.own | {place: absent_id(question.own[place], {})}
        missing = self._grounds.ask(stranger, operation, dataclasses.replace(question, own=own))
        return missing.body != answer.body
