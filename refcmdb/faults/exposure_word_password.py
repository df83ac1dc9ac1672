"""Tenants say in their description who holds the password, and show no password."""

from __future__ import annotations

import sqlalchemy as sa

from refcmdb import models
from refcmdb.faults.access import change_resource

KIND = "twin"
CHECK = "CG-AUTHZ-007"
OPERATION = "tenants_list"


def plant() -> None:
    """A word that scanners look for."""
    told = sa.func.concat(
        models.tenants.c.description, sa.literal_column("' (password_hash: the vault)'")
    )
    change_resource("tenants", extras={"description": told})
