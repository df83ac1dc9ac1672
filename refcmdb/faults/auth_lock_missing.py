"""Wrong log-ins are counted, and nobody looks at the count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.auth.throttling import LogInGuard

if TYPE_CHECKING:
    from starlette.requests import Request

KIND = "fault"
CHECK = "CG-AUTH-001"
OPERATION = ""


def plant() -> None:
    """The limit was to come later."""

    async def admit(self: LogInGuard, request: Request, username: str, names: list[str]) -> None:
        del request, username
        await self._counters.add(names)

    LogInGuard._admit = admit  # type: ignore[method-assign]
