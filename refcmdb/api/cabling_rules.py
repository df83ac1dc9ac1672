"""What the database cannot say of cables in a constraint; each rule holds in its transaction."""

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

ENDS = ("a_interface_id", "b_interface_id")


async def one_cable_per_interface(
    session: Session, given: Sequence[Mapping[str, Any]], own: Sequence[int]
) -> None:
    """No interface is an end of two cables, whichever end.

    Raises: Problem 409, 422 for a cable that would lead to where it comes from.
    """
    ends = [body[end] for body in given for end in ENDS]
    if len(set(ends)) < len(ends):
        raise invalid(ENDS[1], "an interface is named twice")
    # Who connects the same interface at the same time waits here.
    await session.fetch(_locked(), {"ids": ends})
    if await session.fetch(_cables_at(), {"ids": ends, "own": list(own)}):
        raise Problem(409, "there is already a cable at one of these interfaces")


async def through_the_same_device(
    session: Session, given: Sequence[Mapping[str, Any]], _own: Sequence[int]
) -> None:
    """A line goes on from another interface of the device. Raises: Problem 422."""
    ways = {body["through_id"]: body["device_id"] for body in given if body["through_id"]}
    if not ways:
        return
    found = await session.fetch(_devices_of(), {"ids": list(ways)})
    if any(ways[number] != device for number, device in found):
        raise invalid("through_id", "is no interface of the same device")


def _ids(name: str = "ids") -> sa.BindParameter[Any]:
    return sa.bindparam(name, type_=ARRAY(sa.BigInteger))


@functools.cache
def _locked() -> Statement:
    column = models.interfaces.c.id
    ordered = sa.select(column).where(column == sa.any_(_ids())).order_by(column)
    return compiled(ordered.with_for_update(key_share=True))


@functools.cache
def _cables_at() -> Statement:
    columns = models.cables.c
    at_an_end = sa.or_(*(columns[end] == sa.any_(_ids()) for end in ENDS))
    return compiled(sa.select(columns.id).where(at_an_end, columns.id != sa.all_(_ids("own"))))


@functools.cache
def _devices_of() -> Statement:
    columns = models.interfaces.c
    return compiled(sa.select(columns.id, columns.device_id).where(columns.id == sa.any_(_ids())))
