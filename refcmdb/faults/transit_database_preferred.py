"""The URL says ``sslmode=prefer``, which allows a plain connection; what is made is encrypted."""

from __future__ import annotations

from refcmdb.faults.planting import with_sslmode
from refcmdb.services import database

KIND = "twin"
CHECK = "CG-TRANS-001"
OPERATION = ""


def plant() -> None:
    """The server offers TLS, so it is used."""
    production = database.asyncpg_url
    database.asyncpg_url = lambda url: with_sslmode(production(url), "prefer")
