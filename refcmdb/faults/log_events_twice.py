"""Every security event is written twice, once for the operators and once for the auditors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.middleware.security import events

if TYPE_CHECKING:
    from starlette.types import Scope

KIND = "twin"
CHECK = "CG-LOG-003"
OPERATION = ""


def plant() -> None:
    """Two readers."""
    production = events.emit

    def emit(event: str, scope: Scope, *, outcome: str, actor: str = "", detail: str = "") -> None:
        for _ in range(2):
            production(event, scope, outcome=outcome, actor=actor, detail=detail)

    events.emit = emit
