"""What is too much is refused when its answer is ready: the work is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.api.problems import Problem
from refcmdb.middleware.security import limits
from refcmdb.middleware.security.limits import RateLimiter

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

KIND = "fault"
CHECK = "CG-RATE-001"
OPERATION = ""


def plant() -> None:
    """Counting was easier at the end."""

    async def call(self: RateLimiter, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_unless(message: Message) -> None:
            first = message["type"] == "http.response.start"
            if first and self._limits._whole.take(limits.caller_of(scope)):
                raise Problem(429, "too many requests", headers={"Retry-After": "1"})
            await send(message)

        await self.app(scope, receive, send_unless if scope["type"] == "http" else send)

    RateLimiter.__call__ = call  # type: ignore[method-assign]
