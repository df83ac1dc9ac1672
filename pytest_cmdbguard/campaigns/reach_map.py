"""Where input goes: one harmless pass per operation, watched by every witness there is.

What it learns decides which attacks are worth sending: no command is injected where no process
ever sees the input.
"""

from __future__ import annotations

import contextlib
import dataclasses
from typing import TYPE_CHECKING, Any, Self

from pytest_cmdbguard.campaigns.cast import ends_the_session
from pytest_cmdbguard.campaigns.endings import ending
from pytest_cmdbguard.probes.benign import benign, takes_text
from pytest_cmdbguard.probes.points import injection_points
from pytest_cmdbguard.witnesses.logs import START

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_cmdbguard.campaigns.volley import Sent, Volley
    from pytest_cmdbguard.model import Operation, Parameter
    from pytest_cmdbguard.probes.payloads import TextProbe
    from pytest_cmdbguard.services.notes import Notes
    from pytest_cmdbguard.witnesses.audit import AuditWitness, Event
    from pytest_cmdbguard.witnesses.listener import Listener
    from pytest_cmdbguard.witnesses.logs import LogWitness
    from pytest_cmdbguard.witnesses.logtail import Mark
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

    def note(self) -> dict[str, Any]:
        """All but the point, in built-in types."""
        return {
            "sinks": sorted(self.sinks),
            "status": self.status,
            "reflected": self.reflected,
            "media": self.media,
        }

    @classmethod
    def noted(cls, point: Parameter, note: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`note`."""
        return cls(point=point, **{**note, "sinks": frozenset(note["sinks"])})

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


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What one pass taught of an operation: its places, and whether Redis was asked anything."""

    places: Mapping[Place, Reached]
    asks_redis: bool

    def note(self) -> dict[str, Any]:
        """For other workers, in built-in types."""
        places = [one.note() for one in self.places.values()]
        return {"asks_redis": self.asks_redis, "places": places}

    @classmethod
    def noted(cls, operation: Operation, note: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`note`."""
        points = injection_points(operation)
        places = {
            _place(point): Reached.noted(point, place)
            for point, place in zip(points, note["places"], strict=True)
        }
        return cls(places=places, asks_redis=note["asks_redis"])


class ReachMap:
    """Learns an operation when it is first asked for it, and remembers.

    Args:
        learn: makes the harmless pass.
        notes: of workers that learn of the same target; None where there are no others.
    """

    def __init__(self, learn: HarmlessPass, notes: Notes | None = None) -> None:
        self._learn, self._notes = learn, notes
        self._known: dict[str, Learned] = {}

    def __call__(self, operation: Operation) -> Mapping[Place, Reached]:
        """What every place of an operation reaches, by (location, name)."""
        return self._learned(operation).places

    def asks_redis(self, operation: Operation) -> bool:
        """Whether Redis was sent any command when an operation was learned."""
        return self._learned(operation).asks_redis

    def _learned(self, operation: Operation) -> Learned:
        if operation.id not in self._known:
            note = self._notes.read(operation.id) if self._notes else None
            learned = Learned.noted(operation, note) if note else self._learn(operation)
            if self._notes and not note:
                self._notes.write(operation.id, learned.note())
            self._known[operation.id] = learned
        return self._known[operation.id]


class HarmlessPass:
    """Sends a text to every place of an operation, with every witness at its sink.

    Args:
        volley: sends the texts.
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

    def __call__(self, operation: Operation) -> Learned:
        """Every place of the operation; of one that ends the session nothing is known."""
        points = injection_points(operation)
        places = {_place(point): Reached(point=point) for point in points}
        if ends_the_session(operation):
            return Learned(places=places, asks_redis=False)
        texts = [
            (point, benign(point, base_url=f"http://127.0.0.1:{self._listener.port}"))
            for point in points
            if takes_text(point) and point.location != "content"
        ]
        audit_mark, log_mark = self._audit.mark(), self._log.mark() if self._log else START
        sql_mark = self._sql.mark() if self._sql and texts else None
        with contextlib.ExitStack() as stack:
            heard = stack.enter_context(self._redis.listening()) if self._redis and texts else []
            sent = list(self._volley(operation, texts))
        events = self._audit.since(audit_mark)
        told = {
            "sql": self._statements(sql_mark) if sql_mark else "",
            "log": self._log.since(log_mark).decode("utf-8", "replace") if self._log else "",
            "redis": "\n".join(text for command in heard for text in command.arguments),
        }
        told = {sink: text.lower() for sink, text in told.items()}
        for one in sent:
            token = one.probe.tokens[0]
            sinks = {sink for sink, text in told.items() if token in text}
            places[_place(one.point)] = self._reached(one, events, sinks)
        return Learned(places=places, asks_redis=bool(heard))

    def _statements(self, mark: Mark) -> str:
        assert self._sql is not None
        return "\n".join(f"{s.text}\n{s.parameters}" for s in self._sql.since(mark))

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
