"""The rounds in which one operation gets its SQL probes, each decided by what the last showed."""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
from typing import TYPE_CHECKING

from pytest_cmdbguard.campaigns import sql_families
from pytest_cmdbguard.campaigns.questions import newest_first
from pytest_cmdbguard.campaigns.valid_values import ValidValues
from pytest_cmdbguard.campaigns.volley import Sent, Volley
from pytest_cmdbguard.probes.contents import cell_points, is_binary
from pytest_cmdbguard.probes.headers import jwt_of
from pytest_cmdbguard.probes.payloads import BEHIND, SqlProbe, sql_probe
from pytest_cmdbguard.probes.points import (
    AMBIENT,
    TOKEN_FIELDS,
    injection_points,
    media_of_content,
    place,
)
from pytest_cmdbguard.probes.samples import sample
from pytest_cmdbguard.witnesses.judge import CONTROL, judge, sightings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pytest_cmdbguard.model import Actor, Exchange, Operation, Parameter, Sighting
    from pytest_cmdbguard.probes.client import Api
    from pytest_cmdbguard.probes.surroundings import Surroundings, Values
    from pytest_cmdbguard.witnesses.judge import Judgement
    from pytest_cmdbguard.witnesses.sql import Mark, SqlWitness, Statement

SqlSent = Sent[SqlProbe]

MOST_READ_AGAIN = 8  # of the objects that the probes of one operation created
TOKEN = re.compile(r"zq[0-9a-z]{10}", re.IGNORECASE)


@dataclasses.dataclass(kw_only=True)
class Trail:
    """What was sent to one point, in order; ``ambient`` points are on no document.

    ``valid`` says where a valid value ended, as :class:`ValidValues` does; empty where none was
    sent or it says nothing.
    """

    point: Parameter
    ambient: bool = False
    valid: str = ""
    sent: list[SqlSent] = dataclasses.field(default_factory=list)

    @property
    def control(self) -> SqlSent | None:
        """The harmless probe, if one was sent."""
        return next((sent for sent in self.sent if sent.probe.family == CONTROL), None)

    @property
    def requests(self) -> int:
        """How many requests carried a probe of this point."""
        return len({id(sent.exchange) for sent in self.sent})

    @property
    def tokens(self) -> list[str]:
        """Of all its probes."""
        return [token for sent in self.sent for token in sent.probe.tokens]


class Seen:
    """What the SQL witness saw, by token; ``visible`` is what pg_stat_statements shows."""

    def __init__(self) -> None:
        self._by_token: dict[str, list[Statement]] = {}
        self.visible: dict[str, str] = {}

    def add(self, statements: Iterable[Statement]) -> None:
        """Take note of what was logged."""
        for statement in statements:
            shown = f"{statement.text}\n{statement.parameters}"
            for token in {found.lower() for found in TOKEN.findall(shown)}:
                self._by_token.setdefault(token, []).append(statement)

    @property
    def tokens(self) -> set[str]:
        """All that were seen anywhere."""
        return self._by_token.keys() | self.visible.keys()

    def of(self, tokens: Iterable[str]) -> list[Statement]:
        """The statements that have one of the tokens, each once."""
        found = (one for token in tokens for one in self._by_token.get(token, ()))
        return list({id(statement): statement for statement in found}.values())

    def judged(self, sent: Sequence[SqlSent]) -> list[Judgement]:
        """One judgement per probe of one point, in their order."""
        tokens = [token for one in sent for token in one.probe.tokens]
        visible = {token: self.visible[token] for token in tokens if token in self.visible}
        return judge([one.probe for one in sent], self.of(tokens), visible=visible)

    def sightings(self, sent: SqlSent) -> list[Sighting]:
        """Where the tokens of one probe stand in what was logged."""
        return sightings([sent.probe], self.of(sent.probe.tokens), visible={})


class Rounds:
    """Sends the probes of one operation after the other.

    Args:
        known: as :class:`ValidValues` takes it.
        remember: is told every probe that was sent.
    """

    def __init__(  # noqa: PLR0913 - an attack has these parts
        self,
        api: Api,
        surroundings: Surroundings,
        sql: SqlWitness,
        *,
        full: bool,
        others: Sequence[Actor],
        known: Mapping[str, Values],
        remember: Callable[[SqlSent], None],
    ) -> None:
        self._api, self._surroundings, self._sql = api, surroundings, sql
        self._volley = Volley(api, surroundings, others=others)
        self._valid_values = ValidValues(self._volley, surroundings, sql, known=known)
        self._full, self._remember = full, remember
        self._has_tried_token = False

    def __call__(self, operation: Operation) -> tuple[list[Trail], Seen]:
        """What was sent to every point, and what the database saw of it."""
        self._sql.forget()
        self._surroundings.look_again()
        mark, seen = self._sql.mark(), Seen()
        trails = [Trail(point=point) for point in self._points(operation)]
        ambient = [Trail(point=point, ambient=True) for point in AMBIENT]
        self._together(
            operation, [t for t in trails if not sql_families.is_closed(t.point)], CONTROL
        )
        self._ambient(operation, ambient)
        mark = self._read(mark, seen)
        trails += [trail for trail in ambient if seen.of(trail.tokens)]
        self._first(operation, trails, seen)
        mark = self._read(mark, seen)
        self._second(operation, trails, seen)
        self.read_again(operation, [sent for trail in trails for sent in trail.sent])
        self._restore(operation)
        self._read(mark, seen)
        seen.visible = self._sql.shown(TOKEN.pattern)
        self._look_behind(operation, trails, seen)
        return trails, seen

    def again(self, sent: SqlSent, family: str = "") -> SqlSent:
        """The same probe with fresh tokens, or one of another family at the same point."""
        return self._alone(sent.operation, sent.point, family or sent.probe.family)

    def plainly(self, operation: Operation) -> None:
        """The operation as it is meant to be used."""
        self._api.send(operation, self._surroundings.values(operation))

    def read_again(self, operation: Operation, some: Iterable[SqlSent]) -> None:
        """Read what was written: what was stored may become SQL now."""
        if operation.reads:
            return
        created = _created(some)[:MOST_READ_AGAIN]
        for reader in self._surroundings.readers(operation):
            values = self._surroundings.values(reader) | newest_first(reader)
            named = ("path", reader.path.rpartition("/{")[2].removesuffix("}"))
            # Each object has probes of other places, or of another family.
            ways = [{named: number} for number in created if named in values]
            for way in ways or [{}]:
                self._api.send(reader, values | way)

    def _points(self, operation: Operation) -> list[Parameter]:
        inside = cell_points(operation, self._surroundings.fields(operation))
        media = {media_of_content(point.name) for point in inside}
        # A text in place of a document is no document any more: no sink is behind that.
        media |= {name for name, s in operation.contents.items() if is_binary(name, s)}
        points = [p for p in injection_points(operation) if p.name not in media] + list(inside)
        if operation.secured and not self._has_tried_token and jwt_of(self._api.actor):
            self._has_tried_token = True
            points += TOKEN_FIELDS
        return points

    def _read(self, mark: Mark, seen: Seen) -> Mark:
        statements, mark = self._sql.read(mark)
        seen.add(statements)
        return mark

    def _first(self, operation: Operation, trails: Sequence[Trail], seen: Seen) -> None:
        wanted: dict[str, list[Trail]] = {}
        for trail in trails:
            control = trail.control
            families = sql_families.first(
                control.exchange if control else None,
                seen.sightings(control) if control else (),
                writes=not operation.reads,
                full=self._full,
            )
            for family in families:
                wanted.setdefault(family, []).append(trail)
        for family, some in wanted.items():
            self._together(operation, [t for t in some if _is_open(t, seen)], family)
            for trail in some:
                if not _is_open(trail, seen):
                    self._to(operation, trail, family)

    def _second(self, operation: Operation, trails: Sequence[Trail], seen: Seen) -> None:
        unseen: dict[str, list[Trail]] = {}
        for trail in trails:
            judged = zip(trail.sent, seen.judged(trail.sent), strict=True)
            known = [(sent, judgement) for sent, judgement in judged]
            sent_already = {sent.probe.family for sent, _ in known}
            reached = {sent.probe.family for sent, judgement in known if judgement.reached}
            families = sql_families.second(
                reached=reached,
                accepted={s.probe.family for s, _ in known if s.exchange.is_taken},
                proven=any(judgement.proof for _, judgement in known),
                was_open=_is_open(trail, seen),
                full=self._full,
            )
            for family in families:
                if family in sent_already:
                    continue
                if reached:  # what ends a statement hides what else is in the request
                    self._to(operation, trail, family)
                else:
                    unseen.setdefault(family, []).append(trail)
        for family, some in unseen.items():
            self._together(operation, some, family)

    def _look_behind(self, operation: Operation, trails: Sequence[Trail], seen: Seen) -> None:
        """Of the places that refused every text: what becomes of a value that they take."""
        refused = [
            trail
            for trail in trails
            if trail.control and not _is_open(trail, seen) and not seen.of(trail.tokens)
        ]
        endings = self._valid_values(operation, [trail.point for trail in refused])
        for trail in refused:
            trail.valid = endings.get((trail.point.location, trail.point.name), "")

    def _restore(self, operation: Operation) -> None:
        """What probes changed gets its values back: others look for it by name."""
        if operation.method in {"PATCH", "PUT"} and operation.body is not None:
            self._api.send(operation, self._surroundings.unchanged(operation))

    def _ambient(self, operation: Operation, trails: Sequence[Trail]) -> None:
        """One request for all of them: no server refuses such a header for what is in it."""
        probes = [(trail, sql_probe(CONTROL)) for trail in trails]
        values = self._surroundings.values(operation)
        for trail, probe in probes:
            values = place(values, trail.point, probe.text)
        tokens = [token for _, probe in probes for token in probe.tokens]
        exchange = self._api.send(operation, values, tokens=tokens)
        for trail, probe in probes:
            self._keep(
                trail,
                Sent(operation=operation, point=trail.point, probe=probe, exchange=exchange),
            )

    def _together(self, operation: Operation, trails: Sequence[Trail], family: str) -> None:
        by_probe = {id(trail.point): trail for trail in trails}
        probes = [(trail.point, self._probe(trail.point, family)) for trail in trails]
        for sent in self._volley(operation, probes):
            self._keep(by_probe[id(sent.point)], sent)

    def _to(self, operation: Operation, trail: Trail, family: str) -> None:
        self._keep(trail, self._alone(operation, trail.point, family))

    def _alone(self, operation: Operation, point: Parameter, family: str) -> SqlSent:
        (sent,) = self._volley.each(operation, [(point, self._probe(point, family))])
        return sent

    def _probe(self, point: Parameter, family: str) -> SqlProbe:
        if family not in BEHIND:
            return sql_probe(family)
        valid = sample(point.schema, example=point.example)
        return sql_probe(family, valid=valid)

    def _keep(self, trail: Trail, sent: SqlSent) -> None:
        trail.sent.append(sent)
        self._remember(sent)


def _is_open(trail: Trail, seen: Seen) -> bool:
    """Whether its control got through."""
    control = trail.control
    if control is None:
        return False
    return control.exchange.is_taken or bool(seen.of(control.probe.tokens))


def _created(some: Iterable[SqlSent]) -> list[object]:
    """The ids of what requests created, each once: of every place the newest, and so on."""
    by_place: dict[int, list[object]] = {}
    for sent in some:
        if number := _id_in(sent.exchange):
            by_place.setdefault(id(sent.point), []).insert(0, number)
    turns = itertools.zip_longest(*by_place.values())
    return list(dict.fromkeys(number for turn in turns for number in turn if number))


def _id_in(exchange: Exchange) -> object:
    """Of what a request created; None where that is not known."""
    if exchange.status not in {200, 201}:
        return None
    try:
        answer = json.loads(exchange.body)
    except ValueError:
        return None
    return answer.get("id") if isinstance(answer, dict) else None
