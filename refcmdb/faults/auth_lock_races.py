"""The count is looked at before the password and raised after it: what arrives together passes
together.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from refcmdb.api.problems import Problem
from refcmdb.auth import throttling
from refcmdb.auth.throttling import LogInGuard

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

KIND = "fault"
CHECK = "CG-AUTH-001"
OPERATION = ""


def plant() -> None:
    """Look, verify, count: in this order."""

    @contextlib.asynccontextmanager
    async def attempt(self: LogInGuard, request: Request, username: str) -> AsyncIterator[None]:
        user, _ = throttling.names_of(request, username)
        (count,) = await self._counters.add([user], 0)
        if count.value >= self._per_user:
            raise Problem(429, "too many log-ins failed; try again later")
        try:
            yield
        except Problem:
            await self._counters.add([user])
            raise

    LogInGuard.attempt = attempt  # type: ignore[method-assign]
