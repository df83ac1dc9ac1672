"""Answers the alerts of other scanners: each is attacked again, and the witnesses decide.

A scanner looks at responses and suspects; from inside it can be said whether the suspicion is
true. *Confirmed* needs our own proof at the same place, *refuted* that the input did reach the
sink of that class and stayed data there.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Protocol

from pytest_cmdbguard.answers import Alert, Answer, Standing
from pytest_cmdbguard.model import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pytest_cmdbguard.campaigns.whereabouts import Whereabouts
    from pytest_cmdbguard.model import Exchange, Operation, Parameter

# OWASP's numbers for one weakness differ by scanner: what counts as the same class of attack.
CLASSES: Mapping[str, frozenset[int]] = {
    "sql": frozenset({89, 564, 943}),
    "command": frozenset({77, 78}),
    "argument": frozenset({88}),
    "template": frozenset({1336}),
    "code": frozenset({94, 95, 96, 97}),
    "page": frozenset({79, 80, 87}),
    "path": frozenset({22, 23, 36, 73, 98}),
    "request": frozenset({918}),
    "entity": frozenset({611}),
    "bomb": frozenset({776}),
    "deserialisation": frozenset({502}),
    "upload": frozenset({434}),
}
# Where each class takes effect, in the words of the witnesses.
SINKS: Mapping[str, frozenset[str]] = {
    "sql": frozenset({"sql"}),
    "command": frozenset({"process"}),
    "argument": frozenset({"process"}),
    "template": frozenset({"template", "code"}),
    "code": frozenset({"code"}),
    "page": frozenset({"html"}),
    "path": frozenset({"file"}),
    "request": frozenset({"socket", "listener"}),
}


class Result(Protocol):
    """What became of an attack on one input; ``proof`` is empty when nothing was proven."""

    @property
    def operation(self) -> Operation: ...  # noqa: D102 - see the class
    @property
    def point(self) -> Parameter: ...  # noqa: D102 - see the class
    @property
    def reached(self) -> bool: ...  # noqa: D102 - see the class
    @property
    def stopped(self) -> str: ...  # noqa: D102 - see the class
    @property
    def proof(self) -> str: ...  # noqa: D102 - see the class
    @property
    def severity(self) -> Severity | None: ...  # noqa: D102 - see the class
    @property
    def exchange(self) -> Exchange | None: ...  # noqa: D102 - see the class


class Attack(Protocol):
    """One class of attack on all inputs of an operation."""

    def __call__(self, operation: Operation, /) -> Iterable[Result]: ...  # noqa: D102 - see the class


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer, and what proves it where it is a confirmation."""

    answer: Answer
    proven: Result | None = None

    @property
    def is_grave(self) -> bool:
        """Whether the scanner or the proof says critical or high."""
        severity = self.proven.severity if self.proven else None
        return self.answer.alert.is_grave or severity in {Severity.CRITICAL, Severity.HIGH}


class SecondOpinion:
    """Answers alerts.

    Args:
        whereabouts: finds the place that an alert is about.
        attacks: by class (see :data:`CLASSES`); a class without one is never judged.
        sight: what a harmless text does at a place, by sink.
    """

    def __init__(
        self,
        whereabouts: Whereabouts,
        attacks: Mapping[str, Attack],
        sight: Callable[[Operation, Parameter], Mapping[str, str]],
    ) -> None:
        self._whereabouts, self._attacks, self._sight = whereabouts, attacks, sight
        self._results: dict[tuple[str, str], list[Result]] = {}

    def __call__(self, alerts: Iterable[Alert]) -> Iterator[Reply]:
        """One reply per claim, the gravest first; alerts alike but for their URL are one claim."""
        claims: dict[tuple[object, ...], tuple[Alert, Operation | None, int]] = {}
        for alert in alerts:
            operation = self._whereabouts.operation(alert)
            place = operation.id if operation else alert.url
            key = (alert.source, alert.name, alert.cwe, place, alert.parameter)
            first, _, times = claims.get(key, (alert, operation, 0))
            claims[key] = (first, operation, times + 1)
        for alert, operation, times in sorted(claims.values(), key=lambda c: not c[0].is_grave):
            reply = self._reply(alert, operation)
            yield dataclasses.replace(reply, answer=dataclasses.replace(reply.answer, times=times))

    def _reply(self, alert: Alert, operation: Operation | None) -> Reply:
        if operation is None:
            return _undecided(alert, None, "the document has no such operation")
        kind = next((name for name, numbers in CLASSES.items() if alert.cwe in numbers), "")
        if kind not in self._attacks:
            weakness = f"CWE-{alert.cwe}" if alert.cwe else "an alert without CWE"
            return _undecided(alert, operation, f"no attack of ours judges {weakness} there")
        points = self._whereabouts.points(alert, operation)
        if not points:
            said = f"the document has no input {alert.parameter!r} there"
            return _undecided(alert, operation, said)
        return self._judged(alert, operation, kind, points)

    def _judged(
        self, alert: Alert, operation: Operation, kind: str, points: tuple[Parameter, ...]
    ) -> Reply:
        places = {(point.location, point.name) for point in points}
        results = [
            result
            for result in self._attacked(operation, kind)
            if result.operation.id == operation.id
            and (result.point.location, result.point.name) in places
        ]
        if proven := next((result for result in results if result.proof), None):
            answer = _answer(alert, operation, Standing.CONFIRMED, proven.proof, proven.point)
            return Reply(answer=answer, proven=proven)
        if reached := next((result for result in results if result.reached), None):
            because = self._confined(operation, kind, reached.point)
            return Reply(
                answer=_answer(alert, operation, Standing.REFUTED, because, reached.point)
            )
        because = next((result.stopped for result in results), "") or self._elsewhere(
            operation, points[0], kind
        )
        return Reply(answer=_answer(alert, operation, Standing.UNREACHED, because, points[0]))

    def _attacked(self, operation: Operation, kind: str) -> list[Result]:
        key = (kind, operation.id)
        if key not in self._results:
            self._results[key] = list(self._attacks[kind](operation))
        return self._results[key]

    def _confined(self, operation: Operation, kind: str, point: Parameter) -> str:
        seen = self._sight(operation, point)
        text = next((text for sink, text in seen.items() if sink in SINKS.get(kind, ())), "")
        return f"the input reached the sink and stayed data: {text or 'no probe got out'}"

    def _elsewhere(self, operation: Operation, point: Parameter, kind: str) -> str:
        seen = ", ".join(sorted(self._sight(operation, point))) or "no sink"
        wanted = " or ".join(sorted(SINKS.get(kind, {kind})))
        return f"a harmless text there reached {seen}, no {wanted}"


def _undecided(alert: Alert, operation: Operation | None, because: str) -> Reply:
    return Reply(answer=_answer(alert, operation, Standing.UNCONFIRMED, because))


def _answer(
    alert: Alert,
    operation: Operation | None,
    standing: Standing,
    because: str,
    point: Parameter | None = None,
) -> Answer:
    return Answer(
        alert=alert,
        standing=standing,
        operation=str(operation or ""),
        location=point.location if point else "",
        parameter=point.name if point else alert.parameter,
        because=because,
    )
