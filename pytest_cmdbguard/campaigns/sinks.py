"""Attacks on one operation beside SQL: send where it can matter, watch the sinks, judge."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from pytest_cmdbguard.campaigns.cast import ends_the_session
from pytest_cmdbguard.campaigns.endings import ending

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_cmdbguard.campaigns.follow_ups import FollowUps
    from pytest_cmdbguard.campaigns.reach_map import Reached, ReachMap
    from pytest_cmdbguard.campaigns.volley import Sent, Volley
    from pytest_cmdbguard.model import Exchange, Operation, Parameter, Severity
    from pytest_cmdbguard.probes.sink_payloads import SinkProbe
    from pytest_cmdbguard.probes.surroundings import Surroundings
    from pytest_cmdbguard.witnesses.audit import AuditWitness, Event
    from pytest_cmdbguard.witnesses.files import FileWitness
    from pytest_cmdbguard.witnesses.listener import Listener
    from pytest_cmdbguard.witnesses.tripwire import Tripwire

TOKEN = re.compile(r"zq[0-9a-z]{10}", re.IGNORECASE)
UNWATCHED = "the target's processes cannot be watched"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What attacks stand on: how they send, and who watches."""

    volley: Volley
    follow_ups: FollowUps
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
class SinkResult:
    """What became of the probes of one injection point.

    ``proof`` is empty when nothing was proven; ``stopped`` says where probes ended that no sink
    saw; ``exchange`` is the one that the proof belongs to.
    """

    operation: Operation
    point: Parameter
    reached: bool
    stopped: str = ""
    proof: str = ""
    severity: Severity | None = None
    exchange: Exchange | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An injection point, what a harmless text reached there, and its operation."""

    operation: Operation
    point: Parameter
    reached: Reached


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One probe that was sent, and all that was seen of it.

    ``events`` are those that have its tokens, ``answers`` its own answer and those about the
    object that it was stored in.
    """

    sent: Sent[SinkProbe]
    events: Sequence[Event] = ()
    answers: Sequence[Exchange] = ()

    @property
    def probe(self) -> SinkProbe:
        """What was sent."""
        return self.sent.probe


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of attack.

    ``matters`` says whether a place is worth its probes, ``probes`` makes them, ``judge`` says
    what one of them proves. ``meets`` says whether a probe or the harmless text met the sink at
    all, given the audit events that have the probes' tokens. ``follows`` says whether to ask for
    what was stored.
    """

    matters: Callable[[Means, Place], bool]
    probes: Callable[[Means, Place], Iterator[SinkProbe]]
    judge: Callable[[Means, Tried], Proof | None]
    meets: Callable[[Place, Sequence[Event]], bool]
    follows: bool = False

    def places(self, means: Means, operation: Operation) -> list[Place]:
        """The places of an operation that are worth this attack."""
        reached = means.reach_map(operation).values()
        places = (Place(operation=operation, point=one.point, reached=one) for one in reached)
        return [place for place in places if self.matters(means, place)]


class SinkAttack:
    """One kind of attack on any operation.

    Remembers what it sent: a probe that was stored and reaches a sink in a later request is
    traced back to the place where it went in.
    """

    def __init__(self, kind: Kind, means: Means) -> None:
        self._kind, self._means = kind, means
        self._origins: dict[str, Sent[SinkProbe]] = {}

    def __call__(self, operation: Operation) -> Iterator[SinkResult]:
        """One result per place that matters, then one per earlier probe that surfaced."""
        if ends_the_session(operation):
            return
        places = self._kind.places(self._means, operation)
        if not places:
            return
        mark = self._means.audit.mark()
        answers = self._send(operation, places)
        events = self._means.audit.since(mark)
        tried = [
            Tried(sent=sent, events=_of(sent, events), answers=seen) for sent, seen in answers
        ]
        for place in places:
            result = self._result(place, [one for one in tried if one.sent.point is place.point])
            if result.reached or self._may_be_there(place):
                yield result
        yield from self._late(events, {id(sent) for sent, _ in answers})

    def _send(
        self, operation: Operation, places: Sequence[Place]
    ) -> list[tuple[Sent[SinkProbe], list[Exchange]]]:
        made = [(place.point, list(self._kind.probes(self._means, place))) for place in places]
        found: list[tuple[Sent[SinkProbe], list[Exchange]]] = []
        for number in range(max(len(probes) for _, probes in made)):
            family = [(point, probes[number]) for point, probes in made if number < len(probes)]
            found += self._followed(operation, list(self._means.volley(operation, family)))
        return found

    def _followed(
        self, operation: Operation, volley: Sequence[Sent[SinkProbe]]
    ) -> Iterator[tuple[Sent[SinkProbe], list[Exchange]]]:
        """What was sent, each with its answers; what went together is asked for once."""
        asked: dict[int, list[Exchange]] = {}
        for sent in volley:
            self._origins.update(dict.fromkeys(sent.probe.tokens, sent))
            key = id(sent.exchange)
            if key not in asked:
                later = self._means.follow_ups(operation, sent.exchange)
                asked[key] = [sent.exchange, *(later if self._kind.follows else ())]
            yield sent, asked[key]

    def _result(self, place: Place, tried: Sequence[Tried]) -> SinkResult:
        proofs = [(proof, t) for t in tried if (proof := self._kind.judge(self._means, t))]
        worst = min(proofs, key=lambda pair: pair[0].severity.rank, default=None)
        events = [event for one in tried for event in one.events]
        met = bool(worst) or self._kind.meets(place, events)
        return SinkResult(
            operation=place.operation,
            point=place.point,
            reached=met,
            stopped="" if met else self._ending(place),
            proof=worst[0].text if worst else "",
            severity=worst[0].severity if worst else None,
            exchange=worst[1].sent.exchange if worst else None,
        )

    def _may_be_there(self, place: Place) -> bool:
        """Whether a sink may lie behind a place where no witness saw one.

        What was accepted and watched is known to end elsewhere; what validation stopped is not.
        """
        return not self._means.audit.sees or not place.reached.accepted

    def _ending(self, place: Place) -> str:
        if not self._means.audit.sees:
            return UNWATCHED
        return place.reached.stopped or ending(place.reached.status)

    def _late(self, events: Sequence[Event], own: set[int]) -> Iterator[SinkResult]:
        """Probes of earlier operations that these events show."""
        seen = {token.lower() for e in events for text in e.texts for token in TOKEN.findall(text)}
        earlier = {id(sent): sent for token in seen if (sent := self._origins.get(token))}
        for number, sent in earlier.items():
            if number not in own:
                tried = Tried(sent=sent, events=_of(sent, events), answers=[sent.exchange])
                yield from self._traced(tried)

    def _traced(self, tried: Tried) -> Iterator[SinkResult]:
        proof, sent = self._kind.judge(self._means, tried), tried.sent
        if proof:
            yield SinkResult(
                operation=sent.operation,
                point=sent.point,
                reached=True,
                stopped="",
                proof=proof.text,
                severity=proof.severity,
                exchange=sent.exchange,
            )


def _of(sent: Sent[SinkProbe], events: Sequence[Event]) -> list[Event]:
    return [event for event in events if any(map(event.holds, sent.probe.tokens))]
