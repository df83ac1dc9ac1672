"""A token that is refused is logged as the first digits of its digest, with its length."""

from __future__ import annotations

import hashlib
import sys
from typing import TYPE_CHECKING

from refcmdb.api import endpoints
from refcmdb.api.problems import Problem
from refcmdb.auth.actors import Actor, authenticate

if TYPE_CHECKING:
    from refcmdb.services.database import Database

KIND = "twin"
CHECK = "CG-LOG-002"
OPERATION = ""


def plant() -> None:
    """Enough to tell two of them apart."""

    async def telling(database: Database, authorization: str | None) -> Actor:
        try:
            return await authenticate(database, authorization)
        except Problem:
            text = (authorization or "").encode()
            digest = hashlib.sha256(text).hexdigest()[:8]
            sys.stderr.write(f"refused: token {digest}, {len(text)} bytes, password ***\n")
            raise

    endpoints.authenticate = telling  # type: ignore[attr-defined]
