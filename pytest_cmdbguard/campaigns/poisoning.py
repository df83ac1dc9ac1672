"""Cache poisoning: what one request says beside the cache's key, in the answer to another one."""

from __future__ import annotations

import dataclasses
import itertools
from typing import TYPE_CHECKING

from pytest_cmdbguard.probes.payloads import fresh_token

from .likeness import is_granted
from .questions import PAGE_SIZES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_cmdbguard.model import Actor, Exchange, Operation
    from pytest_cmdbguard.probes.client import Api
    from pytest_cmdbguard.probes.surroundings import Surroundings

    from .marking import Values

# Header to the form of its value; caches seldom have them in their keys.
_HEADERS = {
    "X-Forwarded-Host": "{}.example.com",
    "X-Host": "{}.example.com",
    "Forwarded": "host={}.example.com",
    "X-Forwarded-Prefix": "/{}",
    "X-Original-URL": "/{}",
    "X-Rewrite-URL": "/{}",
    "Accept-Language": "{}",
}
_QUERY = "cmdbguard"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Poisoned:
    """An answer that carries what another request said."""

    place: tuple[str, str]
    proof: str
    exchange: Exchange


class Poisoning:
    """Asks with marked headers and an unknown parameter, then plainly as another actor."""

    def __init__(self, api: Api, surroundings: Surroundings, actors: Sequence[Actor]) -> None:
        self._api, self._surroundings, self._actors = api, surroundings, tuple(actors)
        self._sizes = itertools.count(211)

    def __call__(self, operation: Operation) -> tuple[bool, tuple[Poisoned, ...]]:
        """Whether a marked request was answered, and what others were answered of it."""
        marks = {("header", name): fresh_token() for name in _HEADERS}
        sender, found = self._try(operation, marks, self._actors)
        if sender is None:  # what it was about may be gone: others run beside this one
            self._surroundings.forget()
            sender, found = self._try(operation, marks, self._actors)
        if sender and not any(p.name == _QUERY for p in operation.parameters):
            found += self._try(operation, {("query", _QUERY): fresh_token()}, [sender])[1]
        return sender is not None, tuple(found)

    def _try(
        self, operation: Operation, marks: dict[tuple[str, str], str], senders: Sequence[Actor]
    ) -> tuple[Actor | None, list[Poisoned]]:
        """The first who is answered, and what others are shown of what that one sent."""
        plain = self._fresh(operation)
        for sender in senders:
            answer = self._send(sender, operation, plain | _written(marks))
            reflected = {place: token for place, token in marks.items() if _shows(answer, token)}
            if is_granted(answer) or reflected:
                return sender, list(self._by_others(operation, plain, sender, reflected))
        return None, []

    def _by_others(
        self,
        operation: Operation,
        plain: Values,
        sender: Actor,
        marks: dict[tuple[str, str], str],
    ) -> Iterator[Poisoned]:
        """The plain request of everybody, who may share the entry; what shows a token is proof."""
        for actor in self._actors if marks else ():
            answer = self._send(actor, operation, plain)
            for place, token in marks.items():
                if _shows(answer, token):
                    proof = (
                        f"{actor.name} asked plainly and was answered {token}, which "
                        f"{sender.name} had sent as {place[0]} {place[1]}"
                    )
                    yield Poisoned(place=place, proof=proof, exchange=answer)

    def _fresh(self, operation: Operation) -> Values:
        """A request that no cache has the answer to, where a page size allows it."""
        sizes = [p.name for p in operation.parameters if p.name in PAGE_SIZES]
        own: Values = {("query", name): next(self._sizes) for name in sizes}
        return dict(self._surroundings.values(operation)) | own

    def _send(self, actor: Actor, operation: Operation, values: Values) -> Exchange:
        return self._api.as_actor(actor.name).send(operation, values)


def _written(marks: dict[tuple[str, str], str]) -> Values:
    return {
        (place, name): _HEADERS.get(name, "{}").format(token)
        for (place, name), token in marks.items()
    }


def _shows(answer: Exchange, token: str) -> bool:
    text = answer.body.decode("utf-8", "replace") + "\n".join(answer.headers.values())
    return token in text.lower()
