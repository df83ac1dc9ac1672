"""Where input goes: one harmless pass per operation, watched by every witness there is.

What it learns decides which attacks are worth sending: no command is injected where no process
ever sees the input.
"""

from __future__ import annotations

import contextlib
import dataclasses
from typing import TYPE_CHECKING

from pytest_cmdbguard.campaigns.cast import ends_the_session
from pytest_cmdbguard.campaigns.endings import ending
from pytest_cmdbguard.probes.benign import benign, takes_text
from pytest_cmdbguard.probes.points import injection_points
from pytest_cmdbguard.witnesses.logs import START

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_cmdbguard.campaigns.volley import Sent, Volley
    from pytest_cmdbguard.model import Operation, Parameter
    from pytest_cmdbguard.probes.payloads import TextProbe
    from pytest_cmdbguard.witnesses.audit import AuditWitness, Event
    from pytest_cmdbguard.witnesses.listener import Listener
    from pytest_cmdbguard.witnesses.logs import LogWitness
    from pytest_cmdbguard.witnesses.redis_monitor import RedisMonitor
    from pytest_cmdbguard.witnesses.sql import SqlWitness

Place = tuple[str, str]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """What became of a harmless text at one place.

    ``sinks`` names who saw it: ``sql``, ``process``, ``file``, ``socket``, ``listener``, ``code``,
    ``template``, ``import``, ``pickle``, ``log``, ``redis``, ``html`` (shown in a page),
    ``header`` (of the answer). ``status`` is that of the answer, 0 where nothing was sent because
    the schema takes no text; ``reflected`` says whether the answer had the text in it, ``media``
    its media type.
    """

    point: Parameter
    sinks: frozenset[str] = frozenset()
    status: int = 0
    reflected: bool = False
    media: str = ""

    @property
    def accepted(self) -> bool:
        """Whether the text got past validation."""
        return bool(self.sinks) or 0 < self.status < 400

    @property
    def stopped(self) -> str:
        """Where the text ended when no sink saw it; empty when one did, or it came back."""
        if self.sinks or self.reflected:
            return ""
        if not self.status:
            return "validation: its schema takes no text"
        return ending(self.status)


class ReachMap:
    """Learns an operation when it is first asked for it, and remembers.

    Args:
        volley: sends the harmless texts.
        audit: what happens in the target's processes.
        listener: URLs among the texts lead to it.
        sql: what the database receives; None where the database is not known.
        log: the target's own log; None where it is not known.
        redis: the commands that Redis receives; None where it is not known.
    """

    def __init__(
        self,
        volley: Volley,
        audit: AuditWitness,
        listener: Listener,
        *,
        sql: SqlWitness | None,
        log: LogWitness | None,
        redis: RedisMonitor | None,
    ) -> None:
        self._volley, self._audit, self._listener = volley, audit, listener
        self._sql, self._log, self._redis = sql, log, redis
        self._known: dict[str, Mapping[Place, Reached]] = {}
        self._asking_redis: set[str] = set()

    def __call__(self, operation: Operation) -> Mapping[Place, Reached]:
        """What every place of an operation reaches, by (location, name)."""
        if operation.id not in self._known:
            self._known[operation.id] = self._learn(operation)
        return self._known[operation.id]

    def asks_redis(self, operation: Operation) -> bool:
        """Whether Redis was sent any command when an operation was learned."""
        self(operation)
        return operation.id in self._asking_redis

    def _learn(self, operation: Operation) -> dict[Place, Reached]:
        points = injection_points(operation)
        learned = {_place(point): Reached(point=point) for point in points}
        if ends_the_session(operation):
            return learned
        texts = [
            (point, benign(point, base_url=f"http://127.0.0.1:{self._listener.port}"))
            for point in points
            if takes_text(point) and point.location != "content"
        ]
        learned.update((_place(r.point), r) for r in self._watched(operation, texts))
        return learned

    def _watched(
        self, operation: Operation, texts: Sequence[tuple[Parameter, TextProbe]]
    ) -> Iterator[Reached]:
        audit_mark, log_mark = self._audit.mark(), self._log.mark() if self._log else START
        sql_mark = self._sql.mark() if self._sql and texts else None
        with contextlib.ExitStack() as stack:
            heard = stack.enter_context(self._redis.listening()) if self._redis and texts else []
            sent = list(self._volley(operation, texts))
        events = self._audit.since(audit_mark)
        if heard:
            self._asking_redis.add(operation.id)
        commands = "\n".join(a for c in heard for a in c.arguments).lower()
        database = ""
        if self._sql and sql_mark:
            database = "\n".join(
                f"{s.text}\n{s.parameters}" for s in self._sql.since(sql_mark)
            ).lower()
        log = self._log.since(log_mark).decode("utf-8", "replace").lower() if self._log else ""
        for one in sent:
            token = one.probe.tokens[0]
            seen = {"sql": token in database, "log": token in log, "redis": token in commands}
            yield self._reached(one, events, {sink for sink, yes in seen.items() if yes})

    def _reached(self, sent: Sent[TextProbe], events: Sequence[Event], sinks: set[str]) -> Reached:
        token, answer = sent.probe.tokens[0], sent.exchange
        sinks |= {event.sink for event in events if event.holds(token)}
        if self._listener.hits(token):
            sinks.add("listener")
        reflected = token.encode() in answer.body.lower()
        media = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if reflected and "html" in media:
            sinks.add("html")
        if any(token in value.lower() for value in answer.headers.values()):
            sinks.add("header")
        return Reached(
            point=sent.point,
            sinks=frozenset(sinks),
            status=answer.status,
            reflected=reflected,
            media=media,
        )


def _place(point: Parameter) -> Place:
    return point.location, point.name
