"""What custom fields take: values are judged by the definitions of the object's owner."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from refcmdb import models
from refcmdb.api.custom_values import Cell, Definition
from refcmdb.api.problems import FieldError, Problem, invalid
from refcmdb.services.database import Statement, compiled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from refcmdb.api.custom_values import Value, Values
    from refcmdb.api.resource import Resource
    from refcmdb.services.database import Session

COLUMNS = ("name", "type", "required", "default", "choices", "minimum", "maximum")


async def complete(
    session: Session, resource: Resource, changes: Sequence[tuple[Any, dict[str, Any]]]
) -> None:
    """Make the values in ``changes`` those that are stored (RFC 7396), with their defaults.

    A change is what the object was, None for a new one, and the fields that are given; those of
    a new one name its owner.

    Raises: Problem 422 for a value that its definition does not take, or that has none.
    """
    wanted = [
        (place, before, given, before.tenant_id if before else given["tenant_id"])
        for place, (before, given) in enumerate(changes)
        if "custom" in given
    ]
    known = await definitions_of(session, resource, {owner for *_, owner in wanted})
    errors: list[FieldError] = []
    for place, before, given, owner in wanted:
        was = msgspec.json.decode(before.custom) if before else {}
        definitions = known.get(owner, {})
        given["custom"] = _typed(definitions, given["custom"])
        errors += [
            FieldError(f"[{place}].custom.{name}", problem)
            for name, problem in _problems(definitions, was, given["custom"]).items()
        ]
        # Who creates an object and does not name a field wants its default; who changes one may
        # have taken it away.
        defaults = {
            one.name: one.default
            for one in definitions.values()
            if one.required or (before is None and one.default is not None)
        }
        merged = defaults | was | given["custom"]
        given["custom"] = {name: value for name, value in merged.items() if value is not None}
    if errors:
        raise Problem(422, "the request is not valid", errors=errors)


async def sound_definition(
    _session: Session, given: Sequence[Mapping[str, Any]], _own: Sequence[int]
) -> None:
    """A custom field that objects can have. Raises: Problem 422."""
    for body in given:
        definition = Definition(**{name: _plain(body[name]) for name in COLUMNS})
        bounds = (definition.minimum, definition.maximum)
        if (definition.type == "choice") != bool(definition.choices):
            raise invalid("choices", "a choice has some, other types have none")
        if definition.type not in {"text", "integer"} and bounds != (None, None):
            raise invalid("minimum", "only texts and integers have limits")
        if None not in bounds and bounds[0] > bounds[1]:  # type: ignore[operator] # no None
            raise invalid("minimum", "is more than the maximum")
        if definition.default is None and definition.required:
            raise invalid("default", "is needed by a field that is required")
        if definition.default is not None and (problem := definition.problem(definition.default)):
            raise invalid("default", problem)


def _problems(definitions: Mapping[str, Definition], was: Values, given: Values) -> dict[str, str]:
    """What is wrong, by name; what stays as it was is not, whatever became of its definition."""
    told = {
        name: _problem(definitions.get(name), value)
        for name, value in given.items()
        if not (name in was and _is_same(was[name], value))
        and not (name in was and name not in definitions and value is None)
    }
    return {name: problem for name, problem in told.items() if problem}


def _problem(definition: Definition | None, value: Value) -> str:
    if definition is None:
        return "there is no such custom field"
    if value is None:
        return "is required" if definition.required else ""
    return definition.problem(value)


def _is_same(one: Value, other: Value) -> bool:
    """Whether two values are equal in JSON, where ``true`` is no 1."""
    return type(one) is type(other) and one == other


def _typed(definitions: Mapping[str, Definition], given: Values) -> Values:
    """What is given, cells replaced by what they stand for."""
    typed = {}
    for name, value in given.items():
        definition = definitions.get(name)
        if not isinstance(value, Cell):
            typed[name] = value
        elif value.text is not None:
            typed[name] = definition.read(value.text) if definition else value.text
        elif definition and not definition.required:
            typed[name] = None
    return typed


async def definitions_of(
    session: Session, resource: Resource, owners: set[int | None]
) -> dict[int | None, dict[str, Definition]]:
    """The custom fields of a resource by owner and name."""
    known: dict[int | None, dict[str, Definition]] = {}
    if not owners:
        return known
    values = {"owners": list(owners), "resource": resource.path}
    for owner, *row in await session.fetch(_definitions(), values):
        plain = dict(zip(COLUMNS, map(_plain, row), strict=True))
        known.setdefault(owner, {})[plain["name"]] = Definition(**plain)
    return known


def _plain(value: Value) -> Value:
    """A value that may be JSON still."""
    return msgspec.json.decode(value) if isinstance(value, msgspec.Raw) else value


@functools.cache
def _definitions() -> Statement:
    columns = models.custom_fields.c
    owners = sa.bindparam("owners", type_=ARRAY(sa.BigInteger))
    return compiled(
        sa.select(columns.tenant_id, *(columns[name] for name in COLUMNS)).where(
            columns.tenant_id == sa.any_(owners),
            columns.resource == sa.bindparam("resource", type_=sa.Text),
        )
    )
