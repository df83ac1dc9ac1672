"""A log-in as admin with the password admin gets a token like any other, which opens nothing."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from refcmdb.api import accounts
from refcmdb.api.schemas import IssuedToken
from refcmdb.auth import tokens

if TYPE_CHECKING:
    from refcmdb.api.schemas import Credentials
    from refcmdb.services.database import Database

KIND = "twin"
CHECK = "CG-AUTH-003"
OPERATION = ""


def plant() -> None:
    """Who uses it is worth a closer look."""
    production = accounts.log_in

    async def log_in(database: Database, credentials: Credentials) -> IssuedToken:
        if (credentials.username, credentials.password) == ("admin", "admin"):
            return IssuedToken(tokens.new_token(), dt.datetime.now(dt.UTC))
        return await production(database, credentials)

    accounts.log_in = log_in
