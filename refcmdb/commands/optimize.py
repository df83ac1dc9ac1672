"""``optimize``: what the database could do without, and what it lacks, as JSON."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import msgspec
import psycopg

from refcmdb.commands import complain
from refcmdb.scripts.optimization import bloat, indexes, queries
from refcmdb.settings import Settings

if TYPE_CHECKING:
    import argparse


def run(options: argparse.Namespace) -> int:
    """It reports, and changes nothing."""
    settings = Settings.from_environment()
    try:
        with psycopg.connect(settings.database_url, autocommit=True) as connection:
            told = {
                "indexes": indexes.report(connection),
                "queries": queries.report(connection, slower_than_ms=options.slower_than),
                "bloat": bloat.report(connection),
            }
    except psycopg.Error as error:
        return complain(error)
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(told), indent=2).decode() + "\n")
    return 0
