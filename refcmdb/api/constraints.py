"""What an account is held to within its tenant: of some resources only objects with some values.

``{"sites": {"id": [1, 2]}}`` leaves an account the sites 1 and 2, and hides what refers to another
one, however indirectly: a device, its interfaces, their cables and addresses. What refers to no
site stays. Several fields must all hold. It is SQL in every statement, never a look at rows that
were read: pages stay full, and counts are right.
"""

from __future__ import annotations

import dataclasses
import functools
import logging
import types
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa

from refcmdb.api.problems import Problem
from refcmdb.api.registry import RESOURCES, resource_at
from refcmdb.api.resource import types_of, without
from refcmdb.api.values import decode
from refcmdb.models import changes
from refcmdb.services.database import bound_array

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from refcmdb.api.resource import Resource
    from refcmdb.auth.actors import Actor

log = logging.getLogger(__name__)

# Tables and the columns of theirs that are held to some values.
Held = tuple[tuple[str, str], ...]
# Resources, their fields, and the values that these may have.
Given = dict[str, dict[str, list[Any]]]

MOST_VALUES = 1000


@dataclasses.dataclass(frozen=True, slots=True)
class Constraints:
    """What decides the text of statements, and the values that these are run with."""

    held: Held = ()
    values: Mapping[str, Sequence[Any]] = dataclasses.field(default_factory=dict)


def of(actor: Actor) -> Constraints:
    """What the actor is held to.

    Raises: Problem 403 if that cannot be understood: who is to see less never sees more.
    """
    try:
        return read(actor.constraints)
    except ValueError as error:
        log.warning("user %d is locked out, its constraints are wrong: %s", actor.id, error)
        raise Problem(403, "the constraints of this account cannot be understood") from error


@functools.lru_cache(maxsize=1024)
def read(stored: bytes) -> Constraints:
    """What is stored with an account. Raises: ValueError with what is wrong, and where."""
    if not stored:
        return Constraints()
    values: dict[str, Sequence[Any]] = {}
    held: list[tuple[str, str]] = []
    for path, fields in msgspec.json.decode(stored, type=Given).items():
        for name, texts in fields.items():
            resource = _held_resource(path, name)
            held.append((resource.name, name))
            values[_parameter(resource.name, name)] = _values(resource, name, texts)
    return Constraints(tuple(held), values)


def kept(
    table: sa.Table, held: Held, rows: sa.FromClause | None = None
) -> Iterator[sa.ColumnElement[bool]]:
    """What holds of the rows of ``table`` that are not hidden; ``rows`` may be an alias of it."""
    columns = (table if rows is None else rows).c
    for name, field in held:
        if name == table.name:
            values = bound_array(_parameter(name, field), columns[field])
            yield columns[field] == sa.any_(values)
    for key, target in _references(table, held):
        found = _is_kept(target, columns[key], held)
        yield sa.or_(columns[key].is_(None), found) if table.c[key].nullable else found
    if table is changes and held:
        yield _of_kept(columns, held)


def _references(table: sa.Table, held: Held) -> Iterator[tuple[str, sa.Table]]:
    """The foreign keys whose targets may be hidden; one to the same table says nothing more."""
    for column in table.columns:
        for key in column.foreign_keys:
            target = key.column.table
            if target is not table and _hides(target, held):
                yield column.name, target


def _hides(table: sa.Table, held: Held) -> bool:
    """Whether rows of the table may be hidden."""
    return any(True for _ in kept(table, held))


def _is_kept(table: sa.Table, number: sa.ColumnElement[Any], held: Held) -> sa.ColumnElement[bool]:
    there = table.alias()
    return sa.exists().where(there.c.id == number, *kept(table, held, there))


def _of_kept(columns: Any, held: Held) -> sa.ColumnElement[bool]:  # noqa: ANN401 - a collection of SQLAlchemy's
    """Changes of what may be hidden are shown while the object is there and not hidden."""
    tables = [one.table for one in RESOURCES.values() if one.body and _hides(one.table, held)]
    names = {table: sa.literal_column(f"'{table.name}'", sa.Text) for table in tables}
    shown = [
        sa.and_(columns.object_type == names[table], _is_kept(table, columns.object_id, held))
        for table in tables
    ]
    return sa.or_(columns.object_type.not_in([*names.values()]), *shown)


def _held_resource(path: str, field: str) -> Resource:
    try:
        resource = resource_at(path)
    except KeyError:
        resource = None
    if resource is None or not resource.scoped or resource.body is None:
        known = sorted(one.path for one in RESOURCES.values() if one.scoped and one.body)
        raise ValueError(f"{path!r} is no resource of tenants; these are: {', '.join(known)}")
    if field not in (fields := _fields(resource)):
        raise ValueError(f"{path} has no field {field!r} to hold to; it has {', '.join(fields)}")
    return resource


def _fields(resource: Resource) -> list[str]:
    """What its list can be filtered by, but what is no column with plain values."""
    return ["id", *(name for name in resource.filters if name not in {"tenant_id", "custom"})]


def _values(resource: Resource, field: str, given: Sequence[Any]) -> list[Any]:
    if not 1 <= len(given) <= MOST_VALUES:
        raise ValueError(f"{resource.path}.{field} needs 1 to {MOST_VALUES} values")
    kind = without(types.NoneType, types_of(resource.item)[field])
    try:
        return [msgspec.convert(one, kind, strict=False, dec_hook=decode) for one in given]
    except msgspec.ValidationError as error:
        raise ValueError(f"{resource.path}.{field}: {error}") from error


def _parameter(table: str, field: str) -> str:
    return f"held_{table}_{field}"
