"""Hypothesis against one operation: bodies that its schema refuses, until one gets through."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import hypothesis
from hypothesis import HealthCheck, Phase

from pytest_cmdbguard.probes.invalid import broken_bodies, drawn_bodies, malformed_texts

if TYPE_CHECKING:
    from pytest_cmdbguard.model import Exchange, Operation
    from pytest_cmdbguard.probes.client import Api
    from pytest_cmdbguard.probes.surroundings import Surroundings
    from pytest_cmdbguard.witnesses.rows import RowWitness

Values = Mapping[tuple[str, str], Any]
EXAMPLES = {"quick": 8, "full": 200}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """An invalid body that was not refused: ``sink`` is ``status`` or ``row``."""

    sink: str
    proof: str
    exchange: Exchange


class Fuzzer:
    """Sends invalid bodies to operations as one actor and watches status and rows.

    Reproducible: the same document and the same ``profile`` draw the same bodies.
    """

    def __init__(
        self, api: Api, surroundings: Surroundings, rows: RowWitness, *, profile: str
    ) -> None:
        self._api, self._surroundings, self._rows = api, surroundings, rows
        self._profile = profile

    def is_reached(self, operation: Operation) -> bool:
        """Whether a valid body gets through, so that refusing the invalid ones means something."""
        answer = self._api.send(operation, self._surroundings.values(operation))
        if answer.status < 400:
            return True
        self._surroundings.forget()
        return self._api.send(operation, self._surroundings.values(operation)).status < 400

    def break_body(self, operation: Operation) -> Violation | None:
        """An invalid body that is not refused, or None if none was found.

        First every place is broken in every known way, then Hypothesis draws. The rows are looked
        at once for all of them, because that reads every table; if these changed, one by one.
        """
        assert operation.body is not None
        values, bodies = self._surroundings.values(operation), self._broken(operation)
        before = self._rows.snapshot()
        answered = (self._answered(operation, values, body) for body in bodies)
        violation = _first(answered) or self._search(operation, values, self._answered)
        if violation or not self._rows.changed_since(before):
            return violation
        afresh = (self._try_afresh(operation, values, number) for number in range(len(bodies)))
        return _first(afresh) or self._search(operation, values, self._try)

    def _broken(self, operation: Operation) -> list[bytes]:
        """Of a valid body with fresh unique values, every known breakage once, in one order."""
        valid = self._surroundings.body(operation)
        broken = broken_bodies(operation.body or {}, valid, profile=self._profile)
        return list(dict.fromkeys(map(_encoded, broken)))

    def _try_afresh(self, operation: Operation, values: Values, number: int) -> Violation | None:
        """One breakage again, of another body: what the first one left behind is a conflict."""
        return self._try(operation, values, self._broken(operation)[number])

    def _search(
        self,
        operation: Operation,
        values: Values,
        attempt: Callable[[Operation, Values, bytes], Violation | None],
    ) -> Violation | None:
        """What Hypothesis draws around a fresh valid body, always the same breakages."""
        valid = self._surroundings.body(operation)
        bodies = drawn_bodies(operation.body or {}, valid).map(_encoded) | malformed_texts()
        seen: dict[bytes, Violation] = {}

        def gets_through(body: bytes) -> bool:
            violation = attempt(operation, values, body)
            if violation:
                seen[body] = violation
            return violation is not None

        settings = hypothesis.settings(
            max_examples=EXAMPLES[self._profile],
            database=None,
            deadline=None,
            derandomize=True,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        try:
            return seen[hypothesis.find(bodies, gets_through, settings=settings)]
        except hypothesis.errors.NoSuchExample:
            return None

    def _answered(self, operation: Operation, values: Values, body: bytes) -> Violation | None:
        exchange = self._api.send(operation, values, body=body)
        if 400 <= exchange.status < 500:
            return None
        return Violation(sink="status", proof=_told(body, exchange), exchange=exchange)

    def _try(self, operation: Operation, values: Values, body: bytes) -> Violation | None:
        """By the rows alone: all were answered 4xx before."""
        before = self._rows.snapshot()
        exchange = self._api.send(operation, values, body=body)
        changed = self._rows.changed_since(before)
        if not changed:
            return None
        proof = f"{_told(body, exchange)}, yet rows changed in: {', '.join(changed)}"
        return Violation(sink="row", proof=proof, exchange=exchange)


def _first(violations: Iterable[Violation | None]) -> Violation | None:
    return next(filter(None, violations), None)


def _told(body: bytes, exchange: Exchange) -> str:
    shown = body[:200].decode("utf-8", "replace") + (" …" if len(body) > 200 else "")
    return f"the body {shown} is invalid and was answered HTTP {exchange.status}"


def _encoded(body: object) -> bytes:
    return json.dumps(body).encode()
