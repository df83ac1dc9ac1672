"""A locked user gets the very answer of a wrong password, and no Retry-After."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.api.problems import Problem
from refcmdb.auth.throttling import LogInGuard

if TYPE_CHECKING:
    from starlette.requests import Request

KIND = "twin"
CHECK = "CG-AUTH-001"
OPERATION = ""


def plant() -> None:
    """Nothing tells an attacker that he is locked out."""
    production = LogInGuard._admit

    async def admit(self: LogInGuard, request: Request, username: str, names: list[str]) -> None:
        try:
            await production(self, request, username, names)
        except Problem as problem:
            raise Problem(401, "the username or the password is wrong") from problem

    LogInGuard._admit = admit  # type: ignore[method-assign]
