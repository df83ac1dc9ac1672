"""``revoke``: end every token and session of users, and print how many as JSON."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import psycopg

from refcmdb.commands import complain
from refcmdb.settings import Settings

if TYPE_CHECKING:
    import argparse

END = """
    WITH known AS (SELECT id FROM users WHERE name = %s),
         revoked AS (UPDATE api_tokens SET revoked = true FROM known
                      WHERE user_id = known.id AND NOT revoked RETURNING 1),
         ended AS (DELETE FROM sessions USING known WHERE user_id = known.id RETURNING 1)
    SELECT (SELECT count(*) FROM revoked), (SELECT count(*) FROM ended) FROM known
"""


def run(options: argparse.Namespace) -> int:
    """All of the users are out, or none; who knows a password can come in again."""
    settings, told = Settings.from_environment(), {}
    try:
        with psycopg.connect(settings.database_url) as connection:
            for name in options.users:
                counts = connection.execute(END, (name,)).fetchone()
                if counts is None:
                    connection.rollback()
                    return complain(f"there is no user {name!r}; nobody was touched")
                told[name] = dict(zip(("tokens", "sessions"), counts, strict=True))
    except psycopg.Error as error:
        return complain(error)
    sys.stdout.write(json.dumps(told) + "\n")
    return 0
