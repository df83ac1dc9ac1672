"""The tag list takes any text for a name; the database refuses a NUL, and the answer is 500."""

from __future__ import annotations

from refcmdb.faults.planting_values import take_any_tag_name

KIND = "fault"
CHECK = "CG-VAL-002"
OPERATION = "tags_list"


def plant() -> None:
    """All other filters keep their types."""
    take_any_tag_name()
