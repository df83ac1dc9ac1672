"""Whether answers give away that an object of somebody else exists."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any

from pytest_cmdbguard.model import Parameter
from pytest_cmdbguard.probes.payloads import fresh_token
from pytest_cmdbguard.probes.samples import absent_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_cmdbguard.model import Actor, Exchange, Operation

    from .grounds import Grounds
    from .marking import Values
    from .owned import Owned

_REPEATS = 3
# What differs between two answers that say the same: numbers of requests, moments, durations.
_PASSING = re.compile(r"[0-9a-fA-F-]{16,}|\d{4}-\d\d-\d\dT[\d:.+Z-]+|\d+(?:\.\d+)?")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Two refusals that should be alike: of a foreign object and of one that does not exist."""

    point: Parameter
    words: str
    exchange: Exchange


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What one place of a request told; ``stopped`` says why nothing could be compared."""

    point: Parameter
    difference: Difference | None = None
    stopped: str = ""


class Existence:
    """Asks as a stranger for a foreign and for a missing object and compares the refusals."""

    def __init__(self, grounds: Grounds) -> None:
        self._grounds = grounds

    def __call__(self, operation: Operation) -> Iterator[Comparison]:
        """One comparison per place of the operation that names an object."""
        estate = self._grounds.estate
        if estate.carriers.in_path(operation):
            owned = estate.fresh(operation)
            name = [*estate.carriers.in_path(operation)][-1]
            if owned is not None:
                address = estate.address(operation, owned)
                told = self._by_id(operation, Parameter(location="path", name=name), address)
                if not told.stopped:
                    estate.give_back(owned)
                yield told
            return
        for point, collection in estate.carriers.beside_path(operation):
            foreign = estate.of(collection)
            if point.location == "body" and foreign is not None:
                yield self._by_id(operation, point, {(point.location, point.name): foreign.id})
        if operation in estate.creators:
            yield from self._by_name(operation)

    def _by_id(self, operation: Operation, point: Parameter, named: Values) -> Comparison:
        place = (point.location, point.name)
        absent = [_absent(named[place]), _absent(named[place], 1)]
        foreign = self._ask(operation, named)
        missing = [self._ask(operation, named | {place: value}) for value in absent]
        if foreign.status < 400 or missing[0].status < 400:
            return Comparison(point=point, stopped="not refused")
        words = _unlike(foreign, missing)
        return self._compared(point, foreign, words)

    def _by_name(self, operation: Operation) -> Iterator[Comparison]:
        """Whether a text that a stranger uses already is refused to others."""
        victim = self._grounds.estate.create(operation)
        marks = victim.marks if victim else {}
        at_once = {("body", f"/{name}"): token for name, token in marks.items()}
        together = self._ask(operation, at_once) if marks else None
        for name, token in marks.items():
            point = Parameter(location="body", name=f"/{name}")
            if together and together.is_taken:  # then none of them is refused
                yield self._compared(point, together, "")
                continue
            place = (point.location, point.name)
            taken = self._ask(operation, {place: token})
            free = self._ask(operation, {place: fresh_token()})
            if free.status >= 400:
                yield Comparison(point=point, stopped=f"HTTP {free.status} for a free text too")
                continue
            words = f"HTTP {taken.status} for a text in use by another tenant, {free.status} else"
            told = self._is_refused_again(operation, {place: token}, taken)
            yield self._compared(point, taken, words if told else "")

    def _is_refused_again(self, operation: Operation, named: Values, first: Exchange) -> bool:
        """Whether it is that text: another value beside it, a number perhaps, may be taken too."""
        again = (self._ask(operation, named).status for _ in range(_REPEATS))
        return first.status >= 400 and all(status == first.status for status in again)

    def _compared(self, point: Parameter, foreign: Exchange, words: str) -> Comparison:
        found = Difference(point=point, words=words, exchange=foreign) if words else None
        return Comparison(point=point, difference=found)

    def _ask(self, operation: Operation, named: Values) -> Exchange:
        stranger = self._stranger(operation)
        values = self._grounds.rival.wanted(operation, stranger) | named
        return self._grounds.send(stranger, operation, values)

    def _stranger(self, operation: Operation) -> Actor:
        """The stranger who may do most: the last one that creates, for operations that change."""
        made: Owned | None = next(iter(self._grounds.rival.objects), None)
        owners = self._grounds.rival.owners
        return owners[0] if operation.reads or made is None else made.owner


def _absent(value: Any, step: int = 0) -> Any:  # noqa: ANN401 - an id is a number or a text
    """An id of the same form that no object has; another one for another step."""
    missing = absent_id(value, {})
    return missing - step if isinstance(missing, int) else missing


def _unlike(foreign: Exchange, missing: list[Exchange]) -> str:
    """How the refusal of a foreign object differs from two of missing ones; empty if it does not.

    Bodies count only where those of two missing objects are alike.
    """
    if foreign.status != missing[0].status:
        return f"HTTP {foreign.status} for an object of another tenant, {missing[0].status} else"
    told, *others = (_lasting(exchange) for exchange in (foreign, *missing))
    if others[0] != others[1] or told == others[0]:
        return ""
    return f"{told[:150]!r} for an object of another tenant, {others[0][:150]!r} for none"


def _lasting(exchange: Exchange) -> str:
    return _PASSING.sub("#", exchange.body.decode("utf-8", "replace"))
