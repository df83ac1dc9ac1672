"""Tenants, credentials, tokens."""

# No postponed annotations here: msgspec reads them at run time.

import datetime as dt
from typing import Annotated

import msgspec

from refcmdb.api.schemas.bodies import Body
from refcmdb.api.values import Description, Id, Name, line


class TenantBody(Body, kw_only=True):
    """A tenant."""

    name: Name
    description: Description = ""


class TenantItem(msgspec.Struct):
    """A tenant."""

    id: Id
    name: Name
    description: Description


class Credentials(Body, kw_only=True):
    """What a person logs in with."""

    username: Annotated[str, line(1, 100, examples=["jane"])]
    password: Annotated[str, line(1, 200)]


class IssuedToken(msgspec.Struct):
    """A new API token; it is shown this once."""

    token: str
    expires_at: dt.datetime
