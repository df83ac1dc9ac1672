"""``tokens``: mint API tokens for users that exist (and passwords), and print them as JSON."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import psycopg

from refcmdb.auth.passwords import hash_password, new_password
from refcmdb.auth.tokens import digest, new_token
from refcmdb.commands import complain
from refcmdb.commands.passwords import UPDATE
from refcmdb.settings import Settings

if TYPE_CHECKING:
    import argparse

INSERT = """
    INSERT INTO api_tokens (sha256, user_id) SELECT %s, id FROM users WHERE name = %s RETURNING id
"""


def run(options: argparse.Namespace) -> int:
    """All of the users get a token (and a password), or none."""
    settings = Settings.from_environment()
    minted = {name: new_token() for name in options.users}
    passwords = {name: new_password() for name in minted if options.passwords}
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
            for name, password in passwords.items():
                connection.execute(UPDATE, (hash_password(password), name))
    except psycopg.Error as error:
        return complain(error)
    both = {
        name: {"token": minted[name], "password": password} for name, password in passwords.items()
    }
    sys.stdout.write(json.dumps(both or minted) + "\n")
    return 0
