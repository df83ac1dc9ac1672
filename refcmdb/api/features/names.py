"""From what a document calls objects, by name or number, to their numbers."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from refcmdb import models
from refcmdb.api import reading, statements
from refcmdb.api.problems import FieldError, Problem
from refcmdb.api.registry import RESOURCES
from refcmdb.api.schemas import DeviceBody
from refcmdb.services.database import Statement, compiled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from refcmdb.api.reading import Backend
    from refcmdb.api.schemas.automation import DeviceRow
    from refcmdb.auth.actors import Actor

MOST_ID = 2**63 - 1

# Per name the numbers of all that have it; a rack's name has the number of its site before it.
Numbers = dict[Any, list[int]]


async def bodies_of(backend: Backend, actor: Actor, rows: Sequence[DeviceRow]) -> list[DeviceBody]:
    """What creates the devices. Raises: Problem 422 naming rows whose names mean nothing.

    A name that is a number stands for the object with that number.
    """
    sites = await _numbers(backend, models.sites, actor, {row.site for row in rows})
    kinds = await _numbers(backend, models.device_types, actor, {row.device_type for row in rows})
    racks = await _numbers(backend, models.racks, actor, {row.rack for row in rows} - {None})
    wanted: list[FieldError] = []
    bodies = []
    for number, row in enumerate(rows):
        only = functools.partial(_only, errors=wanted, row=number)
        site_id = only("site", sites.get(row.site))
        kind_id = only("device_type", kinds.get(row.device_type))
        rack_id = only("rack", racks.get((site_id, row.rack))) if row.rack else None
        numbers: dict[str, Any] = {
            "site_id": site_id,
            "device_type_id": kind_id,
            "rack_id": rack_id,
        }
        bodies.append(DeviceBody(**numbers, **_plain(row)))
    if wanted:
        raise Problem(422, "rows are not valid", errors=wanted)
    return bodies


def _plain(row: DeviceRow) -> dict[str, Any]:
    fields = set(row.__struct_fields__) - {"site", "device_type", "rack", "custom_fields"}
    return {field: getattr(row, field) for field in fields} | {"custom": row.custom_fields}


def _only(field: str, found: Sequence[int] | None, *, errors: list[FieldError], row: int) -> int:
    """The number of the one object with this name; 0 and one more error if there is no such."""
    if found and len(found) == 1:
        return found[0]
    problem = "names several objects" if found else "there is no such object"
    errors.append(FieldError(f"[{row}].{field}", problem))
    return 0


async def _numbers(
    backend: Backend, table: sa.Table, actor: Actor, names: set[str] | set[str | None]
) -> Numbers:
    found: Numbers = {}
    if not names:
        return found
    told = [name for name in names if name is not None]
    numbers = [int(name) for name in told if name.isascii() and name.isdecimal()]
    known = [number for number in numbers if number <= MOST_ID]
    statement = _named(table, reading.sight_of(RESOURCES[table.name], actor))
    values = {"names": told, "ids": known, **reading.seen_by(actor)}
    for number, *place, label in await backend.database.fetch(statement, values):
        name = label if label in names else str(number)
        found.setdefault((*place, name) if place else name, []).append(number)
    return found


@functools.lru_cache(maxsize=256)
def _named(table: sa.Table, sight: statements.Sight) -> Statement:
    label = table.c.model if table is models.device_types else table.c.name
    place = [table.c.site_id] if table is models.racks else []
    wanted = sa.bindparam("names", type_=ARRAY(sa.Text))
    ids = sa.bindparam("ids", type_=ARRAY(sa.BigInteger))
    called = sa.or_(label == sa.any_(wanted), table.c.id == sa.any_(ids))
    return compiled(
        sa.select(table.c.id, *place, label).where(called, *statements.seen(table, sight))
    )
