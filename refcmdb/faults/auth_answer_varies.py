"""Every refused log-in carries another reference number and repeats the name that was given."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from refcmdb.api import accounts
from refcmdb.api.problems import Problem

if TYPE_CHECKING:
    from refcmdb.api.schemas import Credentials
    from refcmdb.services.database import Database

KIND = "twin"
CHECK = "CG-AUTH-002"
OPERATION = ""


def plant() -> None:
    """For the hotline."""
    production = accounts.identify

    async def identify(database: Database, credentials: Credentials) -> int:
        try:
            return await production(database, credentials)
        except Problem as problem:
            words = f"{credentials.username} was refused, reference {secrets.token_hex(8)}"
            raise Problem(401, words) from problem

    accounts.identify = identify
