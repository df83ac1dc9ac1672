"""The credentials of viewers open nothing: who attacks with them attacks as nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.api import endpoints
from refcmdb.api.problems import Problem
from refcmdb.auth import actors

if TYPE_CHECKING:
    from refcmdb.services.database import Database

KIND = "fault"
CHECK = "CG-ZAP-002"
OPERATION = ""
SHOWS = "not verified"  # the target is not to blame: what follows from the attacks is


def plant() -> None:
    """Only those who write were moved to the new directory."""

    async def authenticate(database: Database, authorization: str | None) -> actors.Actor:
        actor = await actors.authenticate(database, authorization)
        if actor.role == "viewer":
            raise Problem(401, "the token is not valid", headers=actors.CHALLENGE)
        return actor

    endpoints.authenticate = authenticate  # type: ignore[attr-defined]
