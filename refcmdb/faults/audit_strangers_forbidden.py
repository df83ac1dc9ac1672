"""Who has no credential is told that it is forbidden, not to log in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.api import endpoints
from refcmdb.api.problems import Problem
from refcmdb.auth import actors

if TYPE_CHECKING:
    from refcmdb.services.database import Database

KIND = "twin"
CHECK = "CG-ZAP-002"
OPERATION = ""


def plant() -> None:
    """A gateway that knows one refusal only."""

    async def authenticate(database: Database, authorization: str | None) -> actors.Actor:
        if authorization is None:
            raise Problem(403, "this is not for everybody")
        return await actors.authenticate(database, authorization)

    endpoints.authenticate = authenticate  # type: ignore[attr-defined]
