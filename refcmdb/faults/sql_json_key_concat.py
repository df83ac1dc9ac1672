"""The change list's ``action`` may be a field, too, which becomes the key of a JSON operator as
text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.faults.queries import filter_by, take_any_text, text

if TYPE_CHECKING:
    import sqlalchemy as sa

KIND = "fault"
CHECK = "CG-INJ-001"
OPERATION = "changes_list"


def plant() -> None:
    """What is no action is a field that changed."""
    take_any_text("changes", "action")

    def changed(value: str, _values: object) -> sa.ColumnElement[bool] | None:
        if value in {"create", "update", "delete"}:
            return None
        return text(f"changes.after ->> '{value}' IS DISTINCT FROM changes.before ->> '{value}'")

    filter_by("changes", "action", changed)
