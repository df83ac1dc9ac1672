"""``seed``: fill an empty, migrated database."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import psycopg

from refcmdb.commands import complain
from refcmdb.seeding.load import SeedingError, seed
from refcmdb.seeding.plan import Plan
from refcmdb.settings import Settings

if TYPE_CHECKING:
    import argparse


def run(options: argparse.Namespace) -> int:
    """The same network for the same ``--devices`` and ``--seed``."""
    settings = Settings.from_environment()
    began = time.perf_counter()
    try:
        rows = seed(settings.database_url, Plan(devices=options.devices, seed=options.seed))
    except (psycopg.Error, SeedingError) as error:
        return complain(error)
    elapsed_s = time.perf_counter() - began
    sys.stderr.write(f"refcmdb: seeded {rows:,} rows in {elapsed_s:.1f} s\n")
    return 0
