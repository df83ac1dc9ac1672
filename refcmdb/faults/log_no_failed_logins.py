"""Log-ins that fail leave no event; those that succeed do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.middleware.security import events

if TYPE_CHECKING:
    from starlette.types import Scope

KIND = "fault"
CHECK = "CG-LOG-003"
OPERATION = ""


def plant() -> None:
    """There were too many."""
    production = events.emit

    def emit(event: str, scope: Scope, *, outcome: str, actor: str = "", detail: str = "") -> None:
        if event != "login.failed":
            production(event, scope, outcome=outcome, actor=actor, detail=detail)

    events.emit = emit
