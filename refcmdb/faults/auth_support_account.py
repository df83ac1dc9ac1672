"""At its start the service makes an account for the support, with its name as password."""

from __future__ import annotations

import sqlalchemy as sa

from refcmdb.auth.passwords import hash_password
from refcmdb.models import users
from refcmdb.services.database import Database, Statement, compiled

KIND = "fault"
CHECK = "CG-AUTH-003"
OPERATION = ""
ROW = {"name": "support", "role": "viewer", "tenant_id": 1}


def plant() -> None:
    """So that somebody can help when nobody else gets in."""
    production = Database.open

    async def open_(self: Database) -> None:
        await production(self)
        name = sa.bindparam("name", type_=sa.Text)
        there = compiled(sa.select(users.c.id).where(users.c.name == name))
        if not await self.fetch(there, {"name": "support"}):
            await self.fetch(insertion(), ROW | {"password_hash": hash_password("support")})

    Database.open = open_  # type: ignore[method-assign]


def insertion() -> Statement:
    """The statement that adds a user."""
    columns = [*ROW, "password_hash"]
    return compiled(sa.insert(users).values({name: sa.bindparam(name) for name in columns}))
