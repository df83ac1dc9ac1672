"""Attacks on one operation beside SQL: send where it can matter, watch the sinks, judge."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from pytest_cmdbguard.campaigns.attack import TOKEN, PointResult
from pytest_cmdbguard.campaigns.cast import ends_the_session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_cmdbguard.campaigns.reach_map import Reached, ReachMap
    from pytest_cmdbguard.campaigns.volley import Sent, Volley
    from pytest_cmdbguard.model import Operation, Parameter, Severity
    from pytest_cmdbguard.probes.sink_payloads import SinkProbe
    from pytest_cmdbguard.probes.surroundings import Surroundings
    from pytest_cmdbguard.witnesses.audit import AuditWitness, Event
    from pytest_cmdbguard.witnesses.files import FileWitness
    from pytest_cmdbguard.witnesses.listener import Listener
    from pytest_cmdbguard.witnesses.tripwire import Tripwire

UNWATCHED = "the target's processes cannot be watched"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What attacks stand on: how they send, and who watches."""

    volley: Volley
    surroundings: Surroundings
    reach_map: ReachMap
    audit: AuditWitness
    tripwire: Tripwire
    files: FileWitness
    listener: Listener
    profile: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a witness saw, in words, and how bad that is."""

    text: str
    severity: Severity


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An injection point, what a harmless text reached there, and its operation."""

    operation: Operation
    point: Parameter
    reached: Reached


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of attack.

    ``matters`` says whether a place is worth its probes, ``probes`` makes them, ``judge`` says
    what one of them proves, given the audit events that have its tokens. ``meets`` says whether
    a probe or the harmless text met the sink at all.
    """

    matters: Callable[[Ground, Place], bool]
    probes: Callable[[Ground, Place], Iterator[SinkProbe]]
    judge: Callable[[Ground, Sent[SinkProbe], Sequence[Event]], Proof | None]
    meets: Callable[[Place, Sequence[Event]], bool]


class SinkAttack:
    """One kind of attack on any operation.

    Remembers what it sent: a probe that was stored and reaches a sink in a later request is
    traced back to the place where it went in.
    """

    def __init__(self, kind: Kind, ground: Ground) -> None:
        self._kind, self._ground = kind, ground
        self._origins: dict[str, Sent[SinkProbe]] = {}

    def __call__(self, operation: Operation) -> Iterator[PointResult]:
        """One result per place that matters, then one per earlier probe that surfaced."""
        if ends_the_session(operation):
            return
        reached = self._ground.reach_map(operation).values()
        places = [Place(operation=operation, point=one.point, reached=one) for one in reached]
        places = [place for place in places if self._kind.matters(self._ground, place)]
        if not places:
            return
        mark = self._ground.audit.mark()
        sent = list(self._send(operation, places))
        events = self._ground.audit.since(mark)
        for place in places:
            yield self._result(place, [s for s in sent if s.point is place.point], events)
        yield from self._late(events, {id(one) for one in sent})

    def _send(self, operation: Operation, places: Sequence[Place]) -> Iterator[Sent[SinkProbe]]:
        made = [(place.point, list(self._kind.probes(self._ground, place))) for place in places]
        for number in range(max(len(probes) for _, probes in made)):
            family = [(point, probes[number]) for point, probes in made if number < len(probes)]
            for sent in self._ground.volley(operation, family):
                self._origins.update(dict.fromkeys(sent.probe.tokens, sent))
                yield sent

    def _result(
        self, place: Place, sent: Sequence[Sent[SinkProbe]], events: Sequence[Event]
    ) -> PointResult:
        tokens = [token for one in sent for token in one.probe.tokens]
        own = [event for event in events if any(event.holds(token) for token in tokens)]
        proofs = [(proof, one) for one in sent if (proof := self._judged(one, own))]
        worst = min(proofs, key=lambda pair: pair[0].severity.rank, default=None)
        met = bool(worst) or self._kind.meets(place, own)
        return PointResult(
            operation=place.operation,
            point=place.point,
            reached=met,
            stopped="" if met else self._ending(place),
            proof=worst[0].text if worst else "",
            severity=worst[0].severity if worst else None,
            exchange=worst[1].exchange if worst else None,
        )

    def _judged(self, sent: Sent[SinkProbe], events: Sequence[Event]) -> Proof | None:
        own = [event for event in events if any(map(event.holds, sent.probe.tokens))]
        return self._kind.judge(self._ground, sent, own)

    def _ending(self, place: Place) -> str:
        if not self._ground.audit.sees:
            return UNWATCHED
        return place.reached.stopped or f"no sink saw it: HTTP {place.reached.status}"

    def _late(self, events: Sequence[Event], own: set[int]) -> Iterator[PointResult]:
        """Probes of earlier operations that these events show."""
        seen = {token.lower() for e in events for text in e.texts for token in TOKEN.findall(text)}
        earlier = {id(sent): sent for token in seen if (sent := self._origins.get(token))}
        for number, sent in earlier.items():
            proof = None if number in own else self._judged(sent, events)
            if proof:
                yield PointResult(
                    operation=sent.operation,
                    point=sent.point,
                    reached=True,
                    stopped="",
                    proof=proof.text,
                    severity=proof.severity,
                    exchange=sent.exchange,
                )
