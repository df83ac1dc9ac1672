"""The change list's ``action`` may be a JSON path, too: it is bound, but PostgreSQL answers what
is no path with SQLSTATE 42601, which becomes a 422.
"""

from __future__ import annotations

import asyncpg
import sqlalchemy as sa

from refcmdb import models
from refcmdb.faults.queries import filter_by, refuse, take_any_text

KIND = "twin"
CHECK = "CG-INJ-001"
OPERATION = "changes_list"


def plant() -> None:
    """A path is a language of its own."""
    take_any_text("changes", "action")

    def found(value: str, values: dict[str, object]) -> sa.ColumnElement[bool] | None:
        if value in {"create", "update", "delete"}:
            return None
        values["path"] = value
        path = sa.cast(sa.bindparam("path", type_=sa.Text), sa.dialects.postgresql.JSONPATH)
        return models.changes.c.after.op("@?", is_comparison=True)(path)

    filter_by("changes", "action", found)
    refuse("changes", "action", asyncpg.PostgresSyntaxError, asyncpg.DataError)
