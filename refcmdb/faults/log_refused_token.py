"""A token that is refused is logged in full, and it was good a moment ago."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from refcmdb.api import endpoints
from refcmdb.api.problems import Problem
from refcmdb.auth.actors import Actor, authenticate

if TYPE_CHECKING:
    from refcmdb.services.database import Database

KIND = "fault"
CHECK = "CG-LOG-002"
OPERATION = ""


def plant() -> None:
    """Typing errors would be seen at once."""

    async def telling(database: Database, authorization: str | None) -> Actor:
        try:
            return await authenticate(database, authorization)
        except Problem:
            sys.stderr.write(f"refused: {authorization}\n")
            raise

    endpoints.authenticate = telling  # type: ignore[attr-defined]
