"""What the commands do; each returns an exit status and says in one line what is wrong."""

from __future__ import annotations

import importlib
import json
import sys
import time
from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from refcmdb.settings import Settings


def migrate(settings: Settings) -> int:
    """Bring the database to the newest schema."""
    from refcmdb import migrations  # noqa: PLC0415 - Alembic is slow to import

    try:
        migrations.upgrade(settings)
    except psycopg.Error as error:
        return _complain(error)
    return 0


def seed(settings: Settings, *, devices: int, number: int) -> int:
    """Fill the database."""
    from refcmdb.seeding.load import SeedingError  # noqa: PLC0415 - argon2 is slow to import
    from refcmdb.seeding.load import seed as load  # noqa: PLC0415
    from refcmdb.seeding.plan import Plan  # noqa: PLC0415

    began = time.perf_counter()
    try:
        rows = load(settings.database_url, Plan(devices=devices, seed=number))
    except (psycopg.Error, SeedingError) as error:
        return _complain(error)
    elapsed_s = time.perf_counter() - began
    sys.stderr.write(f"refcmdb: seeded {rows:,} rows in {elapsed_s:.1f} s\n")
    return 0


def tokens(settings: Settings, names: Sequence[str]) -> int:
    """Mint a token per user and print them."""
    from refcmdb.auth.tokens import digest, new_token  # noqa: PLC0415 - as above

    minted = {name: new_token() for name in names}
    try:
        with psycopg.connect(settings.database_url) as connection:
            for name, token in minted.items():
                done = connection.execute(
                    "INSERT INTO api_tokens (sha256, user_id)"
                    " SELECT %s, id FROM users WHERE name = %s",
                    (digest(token), name),
                )
                if not done.rowcount:
                    connection.rollback()
                    return _complain(f"there is no user {name!r}; seed the database first")
    except psycopg.Error as error:
        return _complain(error)
    sys.stdout.write(json.dumps(minted) + "\n")
    return 0


def faults() -> int:
    """List the planted faults."""
    # By name, because nothing of the product imports them.
    catalogue = importlib.import_module("refcmdb.faults.catalogue")
    sys.stdout.write(json.dumps(catalogue.entries(), indent=2) + "\n")
    return 0


def _complain(problem: object) -> int:
    sys.stderr.write(f"refcmdb: {' '.join(str(problem).split())}\n")
    return 1
