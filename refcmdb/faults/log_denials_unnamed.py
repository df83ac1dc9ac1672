"""What is denied leaves an event that does not say to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.middleware.security import events

if TYPE_CHECKING:
    from starlette.types import Scope

KIND = "fault"
CHECK = "CG-LOG-003"
OPERATION = ""


def plant() -> None:
    """For the sake of privacy."""
    events.who = unnamed


def unnamed(scope: Scope) -> str:
    """Nobody."""
    del scope
    return ""
