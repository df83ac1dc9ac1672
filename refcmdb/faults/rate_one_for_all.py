"""All callers share one bucket: who floods takes everybody out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.middleware.security import limits

if TYPE_CHECKING:
    from starlette.types import Scope

KIND = "fault"
CHECK = "CG-RATE-001"
OPERATION = ""


def plant() -> None:
    """A limit is a limit."""

    def caller_of(scope: Scope) -> bytes:
        del scope
        return b"everybody"

    limits.caller_of = caller_of
