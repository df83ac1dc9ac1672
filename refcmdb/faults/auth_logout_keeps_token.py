"""Logging out is answered like always, and the token goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.api import accounts

if TYPE_CHECKING:
    from refcmdb.auth.actors import Actor
    from refcmdb.services.database import Database

KIND = "fault"
CHECK = "CG-AUTH-004"
OPERATION = ""


def plant() -> None:
    """The client forgets it, is that not enough?"""

    async def log_out(database: Database, actor: Actor) -> None:
        del database, actor

    accounts.log_out = log_out
