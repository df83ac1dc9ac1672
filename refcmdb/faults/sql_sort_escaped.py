"""The site list's ``sort`` takes any column, as an identifier with its quotes escaped; PostgreSQL
answers SQLSTATE 42703 to what is none: a 422.
"""

from __future__ import annotations

import asyncpg
from psycopg import sql

from refcmdb.faults.queries import order_by, refuse

KIND = "twin"
CHECK = "CG-INJ-001"
OPERATION = "sites_list"


def plant() -> None:
    """The database checks."""
    order_by("sites", lambda sort: sql.Identifier("sites", sort).as_string())
    refuse("sites", "sort", asyncpg.UndefinedColumnError)
