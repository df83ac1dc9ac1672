"""What the database cannot say of trees and places in a constraint."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from refcmdb import models
from refcmdb.api.problems import Problem, invalid
from refcmdb.services.database import Statement, compiled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from refcmdb.services.database import Session


async def region_in_no_region_of_its_own(
    session: Session, given: Sequence[Mapping[str, Any]], own: Sequence[int]
) -> None:
    """Regions are a tree. Raises: Problem 422."""
    await _require_tree(session, models.regions, given, own)


async def location_within_its_site(
    session: Session, given: Sequence[Mapping[str, Any]], own: Sequence[int]
) -> None:
    """The locations of a site are a tree, and what stands in one is of its site.

    Raises: Problem 409 for a location that would leave what stands in it, 422.
    """
    await _require_tree(session, models.locations, given, own)
    await _require_site(session, given, "parent_id")
    for number, body in zip(own, given, strict=False):
        if await session.fetch(_left_behind(), {"id": number, "site_id": body["site_id"]}):
            raise Problem(409, "other objects of its site are in this location")


async def in_a_location_of_its_site(
    session: Session, given: Sequence[Mapping[str, Any]], _own: Sequence[int]
) -> None:
    """What stands in a location stands in its site. Raises: Problem 422."""
    await _require_site(session, given, "location_id")


async def _require_tree(
    session: Session, table: sa.Table, given: Sequence[Mapping[str, Any]], own: Sequence[int]
) -> None:
    for number, body in zip(own, given, strict=False):
        if body["parent_id"] is None:
            continue
        # Two who move at the same time could each close one half of a circle.
        await session.fetch(_moving(), {"table": table.name})
        values = {"parent_id": body["parent_id"], "id": number}
        if await session.fetch(_is_above(table), values):
            raise invalid("parent_id", "lies within this object")


async def _require_site(session: Session, given: Sequence[Mapping[str, Any]], field: str) -> None:
    wanted = {(body[field], body["site_id"]) for body in given if body[field] is not None}
    if not wanted:
        return
    rows = await session.fetch(_sites_of(), {"ids": [number for number, _ in wanted]})
    if not wanted <= {(number, site) for number, site in rows}:
        raise invalid(field, "is no location of this site")


@functools.cache
def _moving() -> Statement:
    name = sa.bindparam("table", type_=sa.Text)
    return compiled(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(name))))


@functools.cache
def _is_above(table: sa.Table) -> Statement:
    """A row if ``id`` is ``parent_id`` or something above it."""
    above = (
        sa.select(table.c.id, table.c.parent_id)
        .where(table.c.id == sa.bindparam("parent_id", type_=sa.BigInteger))
        .cte("above", recursive=True)
    )
    above = above.union(
        sa.select(table.c.id, table.c.parent_id).where(table.c.id == above.c.parent_id)
    )
    found = above.c.id == sa.bindparam("id", type_=sa.BigInteger)
    return compiled(sa.select(above.c.id).where(found))


@functools.cache
def _sites_of() -> Statement:
    """Locations and their sites, which they stay in until the transaction ends."""
    columns = models.locations.c
    ids = sa.bindparam("ids", type_=ARRAY(sa.BigInteger))
    chosen = sa.select(columns.id, columns.site_id).where(columns.id == sa.any_(ids))
    return compiled(chosen.order_by(columns.id).with_for_update(read=True))


@functools.cache
def _left_behind() -> Statement:
    """A row if something in the location ``id`` is of another site than ``site_id``."""
    number = sa.bindparam("id", type_=sa.BigInteger)
    site = sa.bindparam("site_id", type_=sa.BigInteger)
    inside = (
        (models.locations, models.locations.c.parent_id),
        (models.racks, models.racks.c.location_id),
        (models.devices, models.devices.c.location_id),
    )
    found = (sa.exists().where(key == number, table.c.site_id != site) for table, key in inside)
    return compiled(sa.select(sa.literal_column("1")).where(sa.or_(*found)))
