"""The VLAN list's ``vid`` is bound as text and becomes a number in the database, which answers
SQLSTATE 22P02 to what is none: a 422.
"""

from __future__ import annotations

import asyncpg
import sqlalchemy as sa

from refcmdb import models
from refcmdb.faults.queries import filter_by, refuse, take_any_text

KIND = "twin"
CHECK = "CG-INJ-001"
OPERATION = "vlans_list"


def plant() -> None:
    """The database checks."""
    take_any_text("vlans", "vid")

    def same(value: str, values: dict[str, object]) -> sa.ColumnElement[bool] | None:
        values["number"] = value
        number = sa.cast(sa.bindparam("number", type_=sa.Text), sa.Integer)
        return models.vlans.c.vid == number

    filter_by("vlans", "vid", same)
    refuse("vlans", "vid", asyncpg.DataError)
