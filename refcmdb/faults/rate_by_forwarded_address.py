"""A caller is whoever X-Forwarded-For says, so that each request may come from another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.middleware.security import limits

if TYPE_CHECKING:
    from starlette.types import Scope

KIND = "fault"
CHECK = "CG-RATE-001"
OPERATION = ""


def plant() -> None:
    """Behind a balancer all came from one address."""
    production = limits.caller_of

    def caller_of(scope: Scope) -> bytes:
        return dict(scope["headers"]).get(b"x-forwarded-for") or production(scope)

    limits.caller_of = caller_of
