"""The interface search binds ``q`` and leaves its wildcards what they are."""

from __future__ import annotations

import sqlalchemy as sa

from refcmdb import models
from refcmdb.faults.queries import filter_by

KIND = "twin"
CHECK = "CG-INJ-001"
OPERATION = "interfaces_list"


def plant() -> None:
    """A percent sign finds everything, and nothing else."""

    def like(value: str, values: dict[str, object]) -> sa.ColumnElement[bool] | None:
        values["pattern"] = f"%{value}%"
        return models.interfaces.c.search_text.ilike(sa.bindparam("pattern", type_=sa.Text))

    filter_by("interfaces", "q", like)
