"""The device type list's ``model`` is quoted with a dollar tag that nobody can know."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from refcmdb.faults.queries import filter_by, text

if TYPE_CHECKING:
    import sqlalchemy as sa

KIND = "twin"
CHECK = "CG-INJ-001"
OPERATION = "device_types_list"


def plant() -> None:
    """A new tag for every statement."""

    def same(value: str, _values: object) -> sa.ColumnElement[bool] | None:
        tag = "t" + secrets.token_hex(8)
        return text(f"device_types.model = ${tag}${value}${tag}$")

    filter_by("device_types", "model", same)
