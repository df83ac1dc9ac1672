"""``constrain``: what viewers and operators are held to, from their next request on."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import msgspec
import psycopg

from refcmdb.api import constraints
from refcmdb.commands import complain
from refcmdb.settings import Settings, SettingsError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

UPDATE = """
    UPDATE users SET constraints = %s
     WHERE name = %s AND (role <> 'admin' OR %s::jsonb IS NULL) RETURNING id
"""


def run(options: argparse.Namespace) -> int:
    """All of the users are held to them, or none; they are printed as JSON."""
    told = given_in(options.only or ())
    held = json.dumps(told) if told else None
    settings = Settings.from_environment()
    try:
        with psycopg.connect(settings.database_url) as connection:
            for name in options.users:
                if not connection.execute(UPDATE, (held, name, held)).fetchone():
                    connection.rollback()
                    problem = f"there is no viewer or operator {name!r}; nobody was touched"
                    return complain(problem)
    except psycopg.Error as error:
        return complain(error)
    sys.stdout.write(json.dumps(dict.fromkeys(options.users, told)) + "\n")
    return 0


def given_in(only: Sequence[str]) -> constraints.Given:
    """What words like ``sites.id=1,2`` hold an account to. Raises: SettingsError."""
    given: constraints.Given = {}
    for words in only:
        place, is_given, values = words.partition("=")
        path, _, field = place.partition(".")
        if not is_given:
            raise SettingsError("--only", f"takes RESOURCE.FIELD=VALUE,VALUE, not {words!r}")
        given.setdefault(path, {}).setdefault(field, []).extend(values.split(","))
    if given:
        try:
            constraints.read(msgspec.json.encode(given))
        except ValueError as error:
            raise SettingsError("--only", str(error)) from error
    return given
