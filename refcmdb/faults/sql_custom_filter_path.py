"""The device list's ``custom`` may be any field and value; they become the text of a JSON path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.faults.queries import filter_by, take_any_text, text

if TYPE_CHECKING:
    import sqlalchemy as sa

KIND = "fault"
CHECK = "CG-INJ-001"
OPERATION = "devices_list"


def plant() -> None:
    """A path is put together, and stands in a literal that it can end."""
    take_any_text("devices", "custom")

    def same(value: str, _values: object) -> sa.ColumnElement[bool]:
        name, _, wanted = value.partition(":")
        return text(f"""devices.custom @@ '$."{name}" == "{wanted}"'::jsonpath""")

    filter_by("devices", "custom", same)
