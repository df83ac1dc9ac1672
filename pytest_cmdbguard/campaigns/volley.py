"""Many probes in few requests: one per place of an operation, together where they get through."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Protocol

from pytest_cmdbguard.probes.client import LONGEST_URL
from pytest_cmdbguard.probes.points import BODY_LOCATIONS, place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_cmdbguard.model import Actor, Exchange, Operation, Parameter
    from pytest_cmdbguard.probes.client import Api
    from pytest_cmdbguard.probes.surroundings import Surroundings, Values

CONFLICT = 409


class Probe(Protocol):
    """What is put into a place: a text or bytes, the tokens in it, and values that go with it."""

    @property
    def text(self) -> str | bytes:
        """What is sent."""

    @property
    def tokens(self) -> tuple[str, ...]:
        """What witnesses look for."""

    @property
    def beside(self) -> Mapping[tuple[str, str], object]:
        """By (location, name)."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sent[P: Probe]:
    """One probe that was sent, and what came back."""

    operation: Operation
    point: Parameter
    probe: P
    exchange: Exchange


class Volley:
    """Sends probes to the places of one operation.

    All that fit into one request go together. When that is refused, each goes alone, so that a
    place with strict validation does not stand in the way of the others; what was refused alone
    goes alone from then on, until it is taken.

    Args:
        api: as the actor who sends.
        surroundings: what requests need besides the probes.
        others: who sends instead where this actor is refused even with a valid request (some
            operations are for people of one tenant only).
    """

    def __init__(
        self, api: Api, surroundings: Surroundings, *, others: Sequence[Actor] = ()
    ) -> None:
        self._api, self._surroundings, self._others = api, surroundings, others
        self._strict: dict[str, set[tuple[str, str]]] = {}

    def __call__[P: Probe](
        self, operation: Operation, probes: Sequence[tuple[Parameter, P]]
    ) -> Iterator[Sent[P]]:
        """What was sent last for each place."""
        # A copy: sending changes what is strict, and each probe is either alone or not.
        strict = frozenset(self._strict.get(operation.id, ()))
        yield from self.each(operation, [one for one in probes if _key(one[0]) in strict])
        for group in _together([one for one in probes if _key(one[0]) not in strict]):
            if len(group) > 1 and (exchange := self._send(operation, group)).is_taken:
                yield from _sent(operation, group, exchange)
            else:
                yield from self.each(operation, group)

    def each[P: Probe](
        self, operation: Operation, probes: Sequence[tuple[Parameter, P]]
    ) -> Iterator[Sent[P]]:
        """Every probe in a request of its own."""
        strict = self._strict.setdefault(operation.id, set())
        for one in probes:
            exchange = self._send(operation, [one])
            (strict.discard if exchange.is_taken else strict.add)(_key(one[0]))
            yield from _sent(operation, [one], exchange)

    def valid(self, operation: Operation) -> Exchange:
        """What is answered when nothing is probed."""
        return self._send(operation, [])

    def _send[P: Probe](
        self, operation: Operation, probes: Sequence[tuple[Parameter, P]]
    ) -> Exchange:
        first = next((p for p, _ in probes if p.location in BODY_LOCATIONS), None)
        api = self._api_for(operation, first)
        values = self._valid(operation, first)
        for point, probe in probes:
            values = place(values, point, probe.text) | dict(probe.beside)
        tokens = [token for _, probe in probes for token in probe.tokens]
        return api.send(operation, values, tokens=tokens)

    def _valid(self, operation: Operation, point: Parameter | None) -> Values:
        values = self._surroundings.values(operation, point)
        if operation.id in self._surroundings.alone:
            values |= self._surroundings.own_references(operation)
        return values

    def _api_for(self, operation: Operation, point: Parameter | None) -> Api:
        """As whom to send: who gets through with a valid request, else the first."""
        if not (operation.secured and operation.method in {"POST", "PUT", "PATCH"}):
            return self._api
        senders = self._surroundings.senders
        if operation.id not in senders:
            senders[operation.id] = self._who_gets_through(operation, point)
        name = senders[operation.id]
        return self._api if name is None else self._api.as_actor(name)

    def _who_gets_through(self, operation: Operation, point: Parameter | None) -> str | None:
        """The first actor whose valid request is not refused.

        What exists may be taken already: then objects that nobody else refers to are tried.
        """
        values = self._surroundings.values(operation, point)
        name, refused = self._first_through(operation, values)
        if name is None and CONFLICT in refused:
            own = self._surroundings.own_references(operation)
            name, _ = self._first_through(operation, values | own)
            if name is not None:
                self._surroundings.alone.add(operation.id)
        return name

    def _first_through(self, operation: Operation, values: Values) -> tuple[str | None, set[int]]:
        """The first actor whose request is not refused, and how those of the others were."""
        refused: set[int] = set()
        for actor in filter(None, (self._api.actor, *self._others)):
            status = self._api.as_actor(actor.name).send(operation, values).status
            if status < 400:
                return actor.name, refused
            refused.add(status)
        return None, refused


def _key(point: Parameter) -> tuple[str, str]:
    return point.location, point.name


def _together[P: Probe](
    probes: Sequence[tuple[Parameter, P]],
) -> Iterator[list[tuple[Parameter, P]]]:
    """Probes that fit into one request: a path leads to one object, a request has one body."""
    anywhere: list[tuple[Parameter, P]] = []
    bodies: dict[tuple[str, str], list[tuple[Parameter, P]]] = {}
    for point, probe in probes:
        if point.location == "path":
            yield [(point, probe)]
        elif point.location in BODY_LOCATIONS:
            bodies.setdefault(_body_of(point), []).append((point, probe))
        else:
            anywhere.append((point, probe))
    groups = list(bodies.values())
    if anywhere:
        first, *others = _short_enough(anywhere)
        groups = [first + (groups[0] if groups else []), *groups[1:], *others]
    yield from groups


def _body_of(point: Parameter) -> tuple[str, str]:
    """The body that a place is in; the cells of a document are together in one."""
    if point.location != "content":
        return point.location, ""
    media, blank, _ = point.name.partition(" ")
    return point.location, media + blank


def _short_enough[P: Probe](
    probes: Sequence[tuple[Parameter, P]],
) -> list[list[tuple[Parameter, P]]]:
    """Probes whose texts fit into one URL, as few such groups as need be."""
    groups: list[list[tuple[Parameter, P]]] = [[]]
    room = LONGEST_URL
    for point, probe in probes:
        size = len(point.name) + 3 * len(probe.text)  # percent-encoded at worst
        if size > room and groups[-1]:
            groups.append([])
            room = LONGEST_URL
        groups[-1].append((point, probe))
        room -= size
    return groups


def _sent[P: Probe](
    operation: Operation, probes: Sequence[tuple[Parameter, P]], exchange: Exchange
) -> Iterator[Sent[P]]:
    for point, probe in probes:
        yield Sent(operation=operation, point=point, probe=probe, exchange=exchange)
