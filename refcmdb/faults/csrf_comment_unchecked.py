"""The form for comments is not asked for the token of its session."""

from __future__ import annotations

from refcmdb.faults.visitors import excuse, is_comment

KIND = "fault"
CHECK = "CG-CSRF-001"
OPERATION = "device_comment"


def plant() -> None:
    """It was in the way of a bookmarklet."""
    excuse(is_comment)
