"""Custom fields of devices in documents: a column each in CSV, a mapping in YAML."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

import msgspec

from refcmdb.api import custom_fields
from refcmdb.api.custom_values import Cell
from refcmdb.api.problems import FieldError, Problem, from_validation
from refcmdb.api.registry import RESOURCES
from refcmdb.api.values import CustomValue
from refcmdb.services.device_documents import CUSTOM_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from refcmdb.api.custom_values import Definition, Values
    from refcmdb.api.reading import Backend
    from refcmdb.api.schemas import DeviceItem
    from refcmdb.api.schemas.automation import DeviceRow
    from refcmdb.auth.actors import Actor

MOST_ERRORS = 20
# How the rules of custom fields name the place of a value.
PLACE = re.compile(r"^(\[[0-9]+\])\.custom(?:_fields)?\.")


async def values_of(
    backend: Backend, actor: Actor, items: Sequence[DeviceItem]
) -> tuple[list[str], list[Values]]:
    """The names of all custom fields on a page, and of each device the values.

    None says that an optional field has none, lest an import gives it a default. Left out are
    values whose definition is gone, which no import takes.
    """
    owners = {item.tenant_id for item in items} | ({actor.tenant_id} - {None})
    async with backend.database.session() as session:
        known = await custom_fields.definitions_of(session, RESOURCES["devices"], owners)
    names = sorted({name for definitions in known.values() for name in definitions})
    return names, [_values(item, known.get(item.tenant_id, {})) for item in items]


def _values(item: DeviceItem, definitions: Mapping[str, Definition]) -> Values:
    stored: Values = msgspec.json.decode(item.custom)
    return {
        name: stored.get(name)
        for name in sorted(definitions)
        if name in stored or not definitions[name].required
    }


def wrong_values(row: DeviceRow) -> list[FieldError]:
    """What no custom field takes, whatever its type."""
    errors = []
    for name, value in row.custom_fields.items():
        try:
            msgspec.convert(value, CustomValue)
        except msgspec.ValidationError as error:
            errors += [
                FieldError(f"{CUSTOM_FIELDS}.{name}", one.message)
                for one in from_validation(error).errors or []
            ]
    return errors


def as_cells(rows: Sequence[DeviceRow]) -> None:
    """Make the values texts that stand for others."""
    for row in rows:
        values = row.custom_fields.items()
        row.custom_fields = {name: Cell(value) for name, value in values}


@contextlib.contextmanager
def told_at(prefix: str) -> Iterator[None]:
    """The first errors only, custom fields named as in the document."""
    try:
        yield
    except Problem as problem:
        problem.errors = (problem.errors or [])[:MOST_ERRORS] or None
        for error in problem.errors or []:
            error.field = PLACE.sub(rf"\g<1>.{prefix}", error.field)
        raise
