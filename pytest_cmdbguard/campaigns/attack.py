"""The SQL injection campaign against one operation: send, watch the database, judge."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from typing import TYPE_CHECKING

from pytest_cmdbguard.probes.payloads import sql_probes
from pytest_cmdbguard.probes.points import injection_points, place
from pytest_cmdbguard.witnesses.judge import Judgement, judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_cmdbguard.model import Exchange, Operation, Parameter, Severity, Sighting
    from pytest_cmdbguard.probes.client import Api
    from pytest_cmdbguard.probes.payloads import SqlProbe
    from pytest_cmdbguard.probes.surroundings import Surroundings
    from pytest_cmdbguard.witnesses.sql import SqlWitness, Statement

TOKEN = re.compile(r"zq[0-9a-z]{10}", re.IGNORECASE)
SHOWN = 160


def takes_input(operation: Operation) -> bool:
    """Whether an operation has any place for a probe."""
    return bool(injection_points(operation))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One probe that was sent, and what came back."""

    operation: Operation
    point: Parameter
    probe: SqlProbe
    exchange: Exchange


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PointResult:
    """What became of the probes of one injection point.

    ``proof`` is empty when nothing was proven; ``stopped`` says where probes ended that no sink
    saw; ``exchange`` is the one that the proof belongs to.
    """

    operation: Operation
    point: Parameter
    reached: bool
    stopped: str
    proof: str = ""
    severity: Severity | None = None
    exchange: Exchange | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the SQL witness saw of the probes of one operation."""

    statements: Sequence[Statement]
    visible: Mapping[str, str]


class SqlAttack:
    """Sends SQL probes to operations and reads from the SQL witness what became of them.

    Remembers what it sent: a probe that was stored and becomes SQL in a later request (second
    order) is traced back to the place where it went in.
    """

    def __init__(
        self, api: Api, surroundings: Surroundings, sql: SqlWitness, *, profile: str
    ) -> None:
        self._api, self._surroundings, self._sql = api, surroundings, sql
        self._profile = profile
        self._origins: dict[str, Sent] = {}

    def __call__(self, operation: Operation) -> Iterator[PointResult]:
        """One result per injection point, then one per earlier probe that surfaced as SQL."""
        self._sql.forget()
        mark = self._sql.mark()
        sent = [(point, self._send(operation, point)) for point in injection_points(operation)]
        own = {token for _, probes in sent for one in probes for token in one.probe.tokens}
        seen = Seen(statements=self._sql.since(mark), visible=self._sql.visible(own))
        for point, probes in sent:
            yield self._result(operation, point, probes, seen)
        yield from self._late(seen, own)

    def _send(self, operation: Operation, point: Parameter) -> list[Sent]:
        return [self._send_one(operation, point, probe) for probe in sql_probes(self._profile)]

    def _send_one(self, operation: Operation, point: Parameter, probe: SqlProbe) -> Sent:
        values = place(self._surroundings.values(operation), point, probe.text)
        exchange = self._api.send(operation, values, tokens=probe.tokens)
        sent = Sent(operation=operation, point=point, probe=probe, exchange=exchange)
        self._origins.update(dict.fromkeys(probe.tokens, sent))
        return sent

    def _result(
        self,
        operation: Operation,
        point: Parameter,
        sent: Sequence[Sent],
        seen: Seen,
    ) -> PointResult:
        probes = [one.probe for one in sent]
        judgements = judge(probes, seen.statements, visible=seen.visible)
        reached = any(judgement.reached for judgement in judgements)
        proven = _worst(judgements)
        return PointResult(
            operation=operation,
            point=point,
            reached=reached,
            stopped="" if reached else _ending(sent),
            proof=shown(proven.proof) if proven and proven.proof else "",
            severity=proven.severity if proven else None,
            exchange=self._origins[proven.token].exchange if proven else None,
        )

    def _late(self, seen: Seen, own: set[str]) -> Iterator[PointResult]:
        """Probes of earlier operations that these statements show as SQL."""
        tokens = {t.lower() for s in seen.statements for t in TOKEN.findall(s.text)} - own
        earlier = {id(sent): sent for token in tokens if (sent := self._origins.get(token))}
        for sent in earlier.values():
            result = self._result(sent.operation, sent.point, [sent], seen)
            if result.proof:
                yield result


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


def _ending(sent: Sequence[Sent]) -> str:
    """Where probes ended that the database never saw: at the status most of them got."""
    status, _ = Counter(one.exchange.status for one in sent).most_common(1)[0]
    kind = "validation" if 400 <= status < 500 else "no sink saw it"
    return f"{kind}: HTTP {status}"
