"""The VLAN list's ``name`` may be several, each bound on its own."""

from __future__ import annotations

import sqlalchemy as sa

from refcmdb import models
from refcmdb.faults.queries import filter_by

KIND = "twin"
CHECK = "CG-INJ-001"
OPERATION = "vlans_list"


def plant() -> None:
    """The statement is as long as the list."""

    def one_of(value: str, values: dict[str, object]) -> sa.ColumnElement[bool] | None:
        parts = {f"name_{number}": part for number, part in enumerate(value.split(","))}
        values.update(parts)
        return models.vlans.c.name.in_([sa.bindparam(name, type_=sa.Text) for name in parts])

    filter_by("vlans", "name", one_of)
