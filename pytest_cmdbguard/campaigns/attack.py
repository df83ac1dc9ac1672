"""The SQL injection campaign against one operation: send, watch the database, judge."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import TYPE_CHECKING

from pytest_cmdbguard.campaigns.cast import ends_the_session
from pytest_cmdbguard.campaigns.endings import USED_NOWHERE, ending
from pytest_cmdbguard.campaigns.sql_families import is_closed, is_refused
from pytest_cmdbguard.campaigns.sql_rounds import TOKEN, Rounds, Seen
from pytest_cmdbguard.model import Severity
from pytest_cmdbguard.probes.points import injection_points
from pytest_cmdbguard.witnesses.skeleton import skeleton

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pytest_cmdbguard.campaigns.sql_rounds import SqlSent, Trail
    from pytest_cmdbguard.model import Actor, Exchange, Operation, Parameter, Sighting
    from pytest_cmdbguard.probes.client import Api
    from pytest_cmdbguard.probes.surroundings import Surroundings, Values
    from pytest_cmdbguard.witnesses.judge import Judgement
    from pytest_cmdbguard.witnesses.sql import SqlWitness

    # What has to be done before a probe that was sent again shows, if it was stored.
    After = Callable[[Sequence[SqlSent]], None]

__all__ = ["TOKEN", "PointResult", "SqlAttack", "shown", "takes_input"]

SHOWN = 160
REPLAYS = 2


def takes_input(operation: Operation) -> bool:
    """Whether an operation has any place for a probe and survives being probed."""
    return bool(injection_points(operation)) and not ends_the_session(operation)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PointResult:
    """What became of the probes of one injection point.

    ``proof`` is empty when nothing was proven; ``stopped`` says where probes ended that no sink
    saw, ``closed`` that the place cannot reach one (as in :class:`Contact`). ``exchange`` is the
    one that the proof belongs to.
    """

    operation: Operation
    point: Parameter
    reached: bool
    stopped: str
    closed: bool = False
    requests: int = 0
    proof: str = ""
    severity: Severity | None = None
    exchange: Exchange | None = None


class SqlAttack:
    """Sends SQL probes to operations and reads from the SQL witness what became of them.

    Remembers what it sent: a probe that was stored and becomes SQL in a later request (second
    order) is traced back to the place where it went in. What only broke out of its place is
    proven by repetition: two more probes with fresh tokens must leave the same statement.
    ``others`` send where the actor of ``api`` is refused even with a valid request; ``known`` are
    values that nobody can guess, as :class:`ValidValues` takes them.
    """

    def __init__(
        self,
        api: Api,
        surroundings: Surroundings,
        sql: SqlWitness,
        *,
        profile: str,
        others: Sequence[Actor] = (),
        known: Mapping[str, Values] | None = None,
    ) -> None:
        self._sql = sql
        self._origins: dict[str, SqlSent] = {}
        self._rounds = Rounds(
            api,
            surroundings,
            sql,
            full=profile == "full",
            others=others,
            known=known or {},
            remember=self._remember,
        )

    def __call__(self, operation: Operation) -> Iterator[PointResult]:
        """One result per injection point, then one per earlier probe that surfaced as SQL."""
        trails, seen = self._rounds(operation)
        for trail in trails:
            result = self._result(operation, trail, seen)
            if result.reached or not trail.ambient:
                yield result
        own = {token for trail in trails for token in trail.tokens}
        yield from self._late(operation, seen, seen.tokens - own)

    def _remember(self, sent: SqlSent) -> None:
        self._origins.update(dict.fromkeys(sent.probe.tokens, sent))

    def _result(self, operation: Operation, trail: Trail, seen: Seen) -> PointResult:
        judgements = seen.judged(trail.sent)
        reached = any(judgement.reached for judgement in judgements)
        plain = PointResult(
            operation=operation,
            point=trail.point,
            reached=reached,
            stopped="" if reached else trail.valid or _ending(trail.sent),
            closed=not reached and _leads_nowhere(trail),
            requests=trail.requests,
        )
        return self._with_proof(
            plain, judgements, after=lambda sent: self._rounds.read_again(operation, sent)
        )

    def _late(
        self, operation: Operation, seen: Seen, tokens: Iterable[str]
    ) -> Iterator[PointResult]:
        """Probes of earlier operations that these statements show as SQL."""
        earlier = {id(sent): sent for token in tokens if (sent := self._origins.get(token))}
        for sent in earlier.values():
            plain = PointResult(
                operation=sent.operation, point=sent.point, reached=True, stopped=""
            )
            result = self._with_proof(
                plain, seen.judged([sent]), after=lambda _: self._rounds.plainly(operation)
            )
            if result.proof:
                yield result

    def _with_proof(
        self, plain: PointResult, judgements: Iterable[Judgement], *, after: After
    ) -> PointResult:
        """The result with the worst of what was judged, if it holds when it is repeated."""
        worst = _worst(judgements)
        if worst is None or worst.proof is None:
            return plain
        sent = self._origins[worst.token]
        executed = worst.severity is Severity.CRITICAL
        if not (executed or self._repeats(sent, worst.proof, after)):
            return plain
        return dataclasses.replace(
            plain, proof=shown(worst.proof), severity=worst.severity, exchange=sent.exchange
        )

    def _repeats(self, sent: SqlSent, proof: Sighting, after: After) -> bool:
        """Whether the same probe with fresh tokens breaks out of the same statement again."""
        return all(
            skeleton(proof) in self._skeletons_of_another(sent, after) for _ in range(REPLAYS)
        )

    def _skeletons_of_another(self, sent: SqlSent, after: After) -> set[str]:
        self._sql.forget()
        mark, seen = self._sql.mark(), Seen()
        control, again = self._rounds.again(sent, "control"), self._rounds.again(sent)
        after([control, again])
        seen.add(self._sql.since(mark))
        seen.visible = self._sql.shown(TOKEN.pattern)
        judged = seen.judged([control, again])
        return {skeleton(judgement.proof) for judgement in judged if judgement.proof}


def shown(sighting: Sighting) -> str:
    """The statement with the part that came from the request marked by » and «."""
    start, end = sighting.span
    before, marked, after = (
        sighting.text[max(0, start - SHOWN) : start],
        sighting.text[start:end],
        sighting.text[end : end + SHOWN],
    )
    left = "… " if start > SHOWN else ""
    right = " …" if len(sighting.text) > end + SHOWN else ""
    verb = "executed" if sighting.position == "executed" else "received"
    return (
        f"PostgreSQL {verb}: {left}{before}»{marked}«{after}{right}\n"
        "what is between » and « came from the request and is no literal"
    )


def _worst(judgements: Iterable[Judgement]) -> Judgement | None:
    proven = [judgement for judgement in judgements if judgement.proof and judgement.severity]
    return min(proven, key=lambda j: j.severity.rank if j.severity else 9, default=None)


def _leads_nowhere(trail: Trail) -> bool:
    """Whether no sink can be reached from a point: see :class:`Contact`."""
    if trail.valid.startswith(USED_NOWHERE):
        return True
    control = trail.control
    if control and 200 <= control.exchange.status < 400:
        return True
    return is_closed(trail.point) and all(is_refused(sent.exchange) for sent in trail.sent)


def _ending(sent: Sequence[SqlSent]) -> str:
    """Where probes ended that the database never saw: at the status most of them got."""
    (status, cut), _ = Counter((s.exchange.status, s.exchange.cut) for s in sent).most_common(1)[0]
    if not status:
        return f"no answer: {cut}"
    return ending(status)
