"""The pool talks to PostgreSQL over TCP without TLS, whatever the URL demands."""

from __future__ import annotations

from refcmdb.faults.planting import with_sslmode
from refcmdb.services import database

KIND = "fault"
CHECK = "CG-TRANS-001"
OPERATION = ""


def plant() -> None:
    """It was slow once, and TLS was blamed."""
    production = database.asyncpg_url
    database.asyncpg_url = lambda url: with_sslmode(production(url), "disable")
