"""``tokens``: mint API tokens for users that exist and print them as JSON."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import psycopg

from refcmdb.auth.tokens import digest, new_token
from refcmdb.commands import complain
from refcmdb.settings import Settings

if TYPE_CHECKING:
    import argparse

INSERT = """
    INSERT INTO api_tokens (sha256, user_id) SELECT %s, id FROM users WHERE name = %s RETURNING id
"""


def run(options: argparse.Namespace) -> int:
    """All of the users get a token, or none."""
    settings = Settings.from_environment()
    minted = {name: new_token() for name in options.users}
    try:
        with psycopg.connect(settings.database_url) as connection:
            unknown = [
                name
                for name, token in minted.items()
                if connection.execute(INSERT, (digest(token), name)).fetchone() is None
            ]
            if unknown:
                connection.rollback()
                return complain(f"there is no user {unknown[0]!r}; seed the database first")
    except psycopg.Error as error:
        return complain(error)
    sys.stdout.write(json.dumps(minted) + "\n")
    return 0
