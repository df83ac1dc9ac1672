"""Nobody is locked out; after eleven wrong log-ins each answer takes more than a second."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from refcmdb.auth.throttling import LogInGuard

if TYPE_CHECKING:
    from starlette.requests import Request

FREE, DELAY_S = 11, 1.1

KIND = "twin"
CHECK = "CG-AUTH-001"
OPERATION = ""


def plant() -> None:
    """Patience instead of refusal, for users who exist and users who do not."""

    async def admit(self: LogInGuard, request: Request, username: str, names: list[str]) -> None:
        del request, username
        user, _ = await self._counters.add(names)
        if user.value > FREE:
            await asyncio.sleep(DELAY_S)

    LogInGuard._admit = admit  # type: ignore[method-assign]
