"""``users``: add users of a role, with random passwords, and print them as JSON."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import psycopg

from refcmdb.auth.passwords import hash_password, new_password
from refcmdb.commands import complain
from refcmdb.commands.constrain import given_in
from refcmdb.settings import Settings, SettingsError

if TYPE_CHECKING:
    import argparse

INSERT = """
    INSERT INTO users (name, role, tenant_id, password_hash, constraints)
    SELECT %(name)s, %(role)s, id, %(hash)s, %(constraints)s::jsonb FROM tenants
    WHERE name = %(tenant)s OR id::text = %(tenant)s
    ORDER BY name <> %(tenant)s LIMIT 1 RETURNING id
"""
INSERT_ADMIN = """
    INSERT INTO users (name, role, password_hash) VALUES (%(name)s, %(role)s, %(hash)s)
    RETURNING id
"""


def run(options: argparse.Namespace) -> int:
    """All of the users are added, or none. Raises: SettingsError."""
    insert = INSERT_ADMIN if options.role == "admin" else INSERT
    if bool(options.tenant) is (insert is INSERT_ADMIN):
        problem = "is needed for viewers and operators; administrators belong to no tenant"
        raise SettingsError("--tenant", problem)
    if options.only and insert is INSERT_ADMIN:
        raise SettingsError("--only", "is for viewers and operators; administrators see all")
    held = given_in(options.only or ())
    settings = Settings.from_environment()
    made = {name: new_password() for name in options.users}
    rows = [
        {
            "name": name,
            "role": options.role,
            "tenant": options.tenant,
            "hash": hash_password(text),
            "constraints": json.dumps(held) if held else None,
        }
        for name, text in made.items()
    ]
    try:
        with psycopg.connect(settings.database_url) as connection:
            for row in rows:
                if not connection.execute(insert, row).fetchone():
                    connection.rollback()
                    return complain(f"there is no tenant {options.tenant!r}")
    except psycopg.Error as error:
        return complain(error)
    sys.stdout.write(json.dumps(made) + "\n")
    return 0
