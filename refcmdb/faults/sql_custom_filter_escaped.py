"""The site list's ``custom`` may be any field and value: JSON in a literal, its quotes doubled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from refcmdb.faults.queries import filter_by, take_any_text, text

if TYPE_CHECKING:
    import sqlalchemy as sa

KIND = "twin"
CHECK = "CG-INJ-001"
OPERATION = "sites_list"


def plant() -> None:
    """An encoder writes the JSON, and the literal cannot end within."""
    take_any_text("sites", "custom")

    def same(value: str, _values: object) -> sa.ColumnElement[bool]:
        name, _, wanted = value.partition(":")
        contained = msgspec.json.encode({name: wanted}).decode().replace("'", "''")
        return text(f"sites.custom @> '{contained}'::jsonb")

    filter_by("sites", "custom", same)
