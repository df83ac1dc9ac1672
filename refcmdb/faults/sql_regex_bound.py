"""The rack search is a regular expression: it is bound, but PostgreSQL answers what is none with
SQLSTATE 2201B, which becomes a 422.
"""

from __future__ import annotations

import asyncpg
import sqlalchemy as sa

from refcmdb import models
from refcmdb.faults.queries import filter_by, refuse

KIND = "twin"
CHECK = "CG-INJ-001"
OPERATION = "racks_list"


def plant() -> None:
    """An expression is a language of its own."""

    def like(value: str, values: dict[str, object]) -> sa.ColumnElement[bool] | None:
        values["expression"] = value
        return models.racks.c.name.regexp_match(sa.bindparam("expression", type_=sa.Text))

    filter_by("racks", "q", like)
    refuse("racks", "q", asyncpg.InvalidRegularExpressionError)
