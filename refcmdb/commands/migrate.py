"""``migrate``: bring the database to the newest schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import sqlalchemy as sa

from refcmdb import migrations
from refcmdb.commands import complain
from refcmdb.settings import Settings

if TYPE_CHECKING:
    import argparse


def run(_options: argparse.Namespace) -> int:
    """Does nothing to a database that is up to date."""
    settings = Settings.from_environment()
    try:
        migrations.upgrade(settings)
    except psycopg.Error as error:
        return complain(error)
    except sa.exc.DBAPIError as error:
        return complain(error.orig)
    return 0
