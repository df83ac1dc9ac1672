"""Guessing passwords is stopped, for one user and for one address, whoever comes right at last.

An attempt counts before the password is looked at, so that many at once are no way around the
limit; one that succeeds gives its count back. Counters expire, and know names as digests only.
"""

from __future__ import annotations

import contextlib
import hashlib
from typing import TYPE_CHECKING

from refcmdb.api.problems import Problem
from refcmdb.middleware.security import events
from refcmdb.services.counters import Counters

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from refcmdb.middleware.security.toggles import Toggles


class LogInGuard:
    """Lets a few wrong log-ins pass, then none for a while."""

    def __init__(self, protection: Toggles, redis_url: str = "") -> None:
        self._per_user, self._per_address = protection.login_failures, protection.address_failures
        self._counters = Counters(redis_url, window_s=protection.login_lock_s)

    @contextlib.asynccontextmanager
    async def attempt(self, request: Request, username: str) -> AsyncIterator[None]:
        """Around the look at the password, which raises Problem 401 if it is wrong.

        Raises: Problem 429 with Retry-After, the same for users who do not exist.
        """
        names = names_of(request, username)
        await self._admit(request, username, names)
        try:
            yield
        except Problem as problem:
            if problem.status == 401:
                request.scope["event_told"] = True
                events.emit("login.failed", request.scope, outcome="refused", actor=username)
            raise
        await self._counters.clear(names[0])
        await self._counters.add(names[1:], -1)
        events.emit("login.ok", request.scope, outcome="ok", actor=username)

    async def close(self) -> None:
        """Disconnect."""
        await self._counters.close()

    async def _admit(self, request: Request, username: str, names: list[str]) -> None:
        user, address = await self._counters.add(names)
        over = [
            count
            for count, limit in ((user, self._per_user), (address, self._per_address))
            if count.value > limit
        ]
        if not over:
            return
        wait_s = max(count.expires_in_s for count in over)
        events.emit("login.locked", request.scope, outcome="refused", actor=username)
        headers = {"Retry-After": str(wait_s)}
        raise Problem(429, "too many log-ins failed; try again later", headers=headers)


def names_of(request: Request, username: str) -> list[str]:
    """The counters of an attempt: the user's, then the address's."""
    address = request.client.host if request.client else ""
    return [f"login:user:{_digest(username)}", f"login:address:{_digest(address)}"]


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()
