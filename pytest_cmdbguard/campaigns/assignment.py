"""Mass assignment: fields that the document does not take, named after columns that exist."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import TYPE_CHECKING, Any

from pytest_cmdbguard.model import Parameter, Severity
from pytest_cmdbguard.probes.payloads import fresh_token
from pytest_cmdbguard.probes.schemas import members_of

from .likeness import is_granted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_cmdbguard.model import Exchange, Operation
    from pytest_cmdbguard.witnesses.columns import Column, ColumnWitness
    from pytest_cmdbguard.witnesses.rows import RowState

    from .estate import Estate
    from .grounds import Grounds
    from .marking import Values
    from .owned import Owned

# Who has these has more than a wrong value.
_POWER = re.compile(r"owner|user|role|passw|admin|staff|tenant|perm|scope|token", re.IGNORECASE)
_SAMPLES: Mapping[str, object] = {
    "boolean": True,
    "smallint": 4242,
    "integer": 424242,
    "bigint": 424242,
    "numeric": 424242,
    "date": "2001-02-03",
    "timestamp with time zone": "2001-02-03T04:05:06Z",
    "timestamp without time zone": "2001-02-03T04:05:06",
    "jsonb": {},
    "json": {},
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """What came of one column's name in a body; ``proof`` is empty when its value stayed."""

    point: Parameter
    reached: bool
    proof: str = ""
    stopped: str = ""
    severity: Severity | None = None
    exchange: Exchange | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A write with more fields than the document takes, and the row before and after it."""

    exchange: Exchange
    before: RowState | None
    after: RowState | None


class Assignment:
    """Writes as an owner, with fields named after the columns of the row."""

    def __init__(self, grounds: Grounds, columns: ColumnWitness) -> None:
        self._grounds, self._columns = grounds, columns

    def __call__(self, operation: Operation) -> Iterator[Assigned]:
        """One result per column that the operation does not take."""
        estate = self._grounds.estate_of(operation)
        model = self._model(operation, estate)
        if model is None:
            return
        extras = self._extras(operation, estate, model)
        estate.give_back(model)
        if not extras:
            return
        written = self._write(operation, estate, extras)
        if is_granted(written.exchange):
            yield from self._judged(written, extras)
            return
        for column, value in extras.items():
            alone = {column: value}
            yield from self._judged(self._write(operation, estate, alone), alone)

    def _model(self, operation: Operation, estate: Estate) -> Owned | None:
        """An object like those that the operation writes."""
        if operation in estate.creators:
            return estate.create(operation)
        return estate.fresh(operation) if estate.carriers.in_path(operation) else None

    def _extras(self, operation: Operation, estate: Estate, model: Owned) -> dict[Column, Any]:
        """Columns that the body does not name, each with a value it does not have."""
        row = estate.row(model, self._grounds.rows)
        state = self._grounds.rows.state(row)
        taken = set(members_of(operation.body or {})) | set(self._grounds.owner_columns)
        if state is None:
            return {}
        now = {name: json.loads(value) for name, value in state.columns.items()}
        free = [c for c in self._columns.of(row.table) if c.name not in taken and not c.generated]
        wanted = {column: self._value(column, now[column.name]) for column in free}
        return {column: value for column, value in wanted.items() if value != now[column.name]}

    def _value(self, column: Column, now: object) -> Any:  # noqa: ANN401 - any JSON value
        """Another value of the column's type; one that stands in another row keeps all rules."""
        if column.type == "boolean":
            return not now
        if column.type in _SAMPLES and not column.name.endswith("_id"):
            return _SAMPLES[column.type]
        other = self._columns.another(column, now)
        return _SAMPLES.get(column.type, fresh_token()) if other is None else other

    def _write(
        self, operation: Operation, estate: Estate, extras: Mapping[Column, object]
    ) -> Written:
        rows = self._grounds.rows
        values: Values = {("body", f"/{c.name}"): value for c, value in extras.items()}
        if operation not in estate.creators:
            owned = estate.fresh(operation)
            assert owned is not None, "there was one like it before"
            row = estate.row(owned, rows)
            before = rows.state(row)
            values = estate.values(operation, owned) | values
            answer = self._grounds.send(owned.owner, operation, values)
            after = rows.state(row)
            if after == before:
                estate.give_back(owned)
            return Written(exchange=answer, before=before, after=after)
        owned, answer = estate.attempt(operation, values)
        made = rows.state(estate.row(owned, rows)) if owned else None
        return Written(exchange=answer, before=None, after=made)

    def _judged(self, written: Written, extras: Mapping[Column, object]) -> Iterator[Assigned]:
        for column, value in extras.items():
            point = Parameter(location="body", name=f"/{column.name}")
            is_set = _is_set(column, value, written)
            proof = (
                f"{column} became {json.dumps(value)}, which the document does not take"
                if is_set
                else ""
            )
            yield Assigned(
                point=point,
                reached=True,
                proof=proof,
                severity=Severity.CRITICAL if _POWER.search(column.name) else None,
                exchange=written.exchange,
            )


def _is_set(column: Column, value: object, written: Written) -> bool:
    """Whether the row has the value that was sent, and had another one before."""
    if written.after is None:
        return False
    was = written.before.columns.get(column.name) if written.before else None
    now = json.loads(written.after.columns[column.name])
    if was is not None and json.loads(was) == now:
        return False
    if column.type.startswith("timestamp"):
        return str(now)[:10] == str(value)[:10]
    return bool(now == value)
