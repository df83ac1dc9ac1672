"""Creating in another's name, and referring to what belongs to another."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from pytest_cmdbguard.model import Parameter
from pytest_cmdbguard.probes.answers import object_in
from pytest_cmdbguard.probes.payloads import fresh_token

from .likeness import is_granted
from .marking import text_fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_cmdbguard.model import Exchange, Operation
    from pytest_cmdbguard.witnesses.rows import Place

    from .grounds import Grounds
    from .marking import Values
    from .owned import Owned


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """What came of one field that named another's property; ``proof`` is empty without effect."""

    point: Parameter
    reached: bool
    proof: str = ""
    stopped: str = ""
    exchange: Exchange | None = None


class Impersonation:
    """Writes as a stranger to the first tenant, with one field that names it or what it owns."""

    def __init__(self, grounds: Grounds) -> None:
        self._grounds = grounds

    def __call__(self, operation: Operation) -> Iterator[Claimed]:
        """One result per owner column and per reference of the operation's body."""
        works, stopped = self._control(operation)
        for point, value, column in self._points(operation):
            if not works:
                yield Claimed(point=point, reached=False, stopped=stopped)
                continue
            yield self._claim(operation, point, value, column)

    def _points(self, operation: Operation) -> Iterator[tuple[Parameter, Any, str]]:
        """Field, value that belongs to the first tenant, and the column it would end in."""
        prefix = _last_element(operation)
        for column, value in self._grounds.owner_columns.items():
            yield Parameter(location="body", name=f"{prefix}/{column}"), value, column
        for point, collection in self._grounds.estate.carriers.beside_path(operation):
            owned = self._grounds.estate.of(collection)
            if point.location == "body" and owned is not None and point.name.count("/") < 3:
                name = point.name.replace("/0", prefix, 1) if prefix else point.name
                yield dataclasses.replace(point, name=name), owned.id, _column(name)

    def _control(self, operation: Operation) -> tuple[bool, str]:
        answer, _ = self._send(operation, {})
        return is_granted(answer), f"the actor's own request got HTTP {answer.status}"

    def _claim(
        self, operation: Operation, point: Parameter, value: object, column: str
    ) -> Claimed:
        answer, row = self._send(operation, {("body", point.name): value})
        proof = self._proof(answer, row, column, value)
        return Claimed(point=point, reached=True, proof=proof, exchange=answer)

    def _proof(self, answer: Exchange, row: Place | None, column: str, value: object) -> str:
        state = self._grounds.rows.state(row) if row else None
        actor = answer.actor
        who = f"{actor.name} (tenant {actor.tenant})" if actor else "nobody"
        if state is not None and state.columns.get(column) in {f"{value}", f'"{value}"'}:
            return f"{who} was answered HTTP {answer.status}, and {row} has {column} {value}"
        if token := self._grounds.estate.shown_in(answer):
            return f"{who} was shown {token} of another tenant for {column} {value}"
        return ""

    def _send(self, operation: Operation, changed: Values) -> tuple[Exchange, Place | None]:
        """A stranger's request on or for an object of its own, and the row that it wrote."""
        rival = self._grounds.rival
        if rival.carriers.in_path(operation):
            owned = rival.fresh(operation)
            return self._change(operation, owned, changed)
        return self._create(operation, changed)

    def _change(
        self, operation: Operation, owned: Owned | None, changed: Values
    ) -> tuple[Exchange, Place | None]:
        rival = self._grounds.rival
        actor = owned.owner if owned else rival.owners[-1]
        values = rival.wanted(operation, actor)
        row = None
        if owned is not None:
            values |= rival.address(operation, owned)
            # Before it is written to: it is found by its tokens.
            row = rival.row(owned, self._grounds.rows)
        answer = self._grounds.send(actor, operation, values | changed)
        if owned is not None and not answer.is_taken:
            rival.give_back(owned)
        return answer, row

    def _create(self, operation: Operation, changed: Values) -> tuple[Exchange, Place | None]:
        rival = self._grounds.rival
        made = next(iter(rival.objects), None)
        actor = made.owner if made else rival.owners[-1]
        values, token = rival.wanted(operation, actor), fresh_token()
        prefix = _last_element(operation)
        if prefix:
            elements = [_element(values), _element(rival.wanted(operation, actor))]
            values = {("body", ""): elements}
        names = self._marked(operation)
        values |= {("body", f"{prefix}/{name}"): token for name in names}
        moment = self._grounds.rows.moment()
        answer = self._grounds.send(actor, operation, values | changed)
        if self._grounds.rows.moment() == moment or not names:
            return answer, None
        return answer, self._row_with(token, answer)

    def _marked(self, operation: Operation) -> tuple[str, ...]:
        """The fields that take tokens; a bulk create's are those of the single one."""
        rival = self._grounds.rival
        creators = [op for op in rival.creators if operation.path.startswith(op.path)]
        creator = max(creators, key=lambda op: len(op.path), default=operation)
        return rival.marked(creator) or tuple(text_fields(creator)[:1])

    def _row_with(self, token: str, answer: Exchange) -> Place | None:
        """The row that a create made: the one with the answer's id, else one with the token."""
        rows, rival = self._grounds.rows, self._grounds.rival
        if exact := rows.find_row(token, object_in(answer).get("id")):
            return exact[0]
        tables = {rival.row(one, rows).table for one in self._objects()}
        return next((place for place in rows.find_token(token) if place.table in tables), None)

    def _objects(self) -> tuple[Owned, ...]:
        return self._grounds.rival.objects


def _column(pointer: str) -> str:
    """``site_id`` of ``/site_id``, and of ``/site/id`` too."""
    *_, before, last = pointer.split("/")
    return f"{before}_{last}" if last in {"id", "pk", "uuid"} and not before.isdigit() else last


def _element(values: Values) -> Any:  # noqa: ANN401 - any JSON value
    """The first element of a body that is an array."""
    body = values.get(("body", ""))
    return body[0] if isinstance(body, list) and body else {}


def _last_element(operation: Operation) -> str:
    """``/1`` where the body is an array: some handlers look at the first element only."""
    return "/1" if (operation.body or {}).get("type") == "array" else ""
