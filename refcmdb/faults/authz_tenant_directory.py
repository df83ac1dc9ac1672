"""The tenants, which are shared by design, show everybody how many devices each of them has."""

from __future__ import annotations

import dataclasses

import sqlalchemy as sa

from refcmdb import models
from refcmdb.api.registry import RESOURCES

KIND = "twin"
CHECK = "CG-AUTHZ-001"
OPERATION = "tenants_list"


def plant() -> None:
    """A public directory."""
    count = (
        sa.select(sa.func.count())
        .where(models.devices.c.tenant_id == models.tenants.c.id)
        .scalar_subquery()
    )
    description = sa.func.concat(
        models.tenants.c.description,
        sa.literal_column("' ('"),
        count,
        sa.literal_column("' devices)'"),
    )
    tenants = dataclasses.replace(RESOURCES["tenants"], extras={"description": description})
    RESOURCES["tenants"] = tenants
