"""``passwords``: give users that exist new random passwords and print them as JSON."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import psycopg

from refcmdb.auth.passwords import hash_password, new_password
from refcmdb.commands import complain
from refcmdb.settings import Settings

if TYPE_CHECKING:
    import argparse

UPDATE = "UPDATE users SET password_hash = %s WHERE name = %s RETURNING id"


def run(options: argparse.Namespace) -> int:
    """All of the users get a password, or none."""
    settings = Settings.from_environment()
    made = {name: new_password() for name in options.users}
    try:
        with psycopg.connect(settings.database_url) as connection:
            for name, password in made.items():
                if not connection.execute(UPDATE, (hash_password(password), name)).fetchone():
                    connection.rollback()
                    return complain(f"there is no user {name!r}; seed the database first")
    except psycopg.Error as error:
        return complain(error)
    sys.stdout.write(json.dumps(made) + "\n")
    return 0
