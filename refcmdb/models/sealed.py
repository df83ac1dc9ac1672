"""What holds secrets: credentials of devices and webhooks; secrets are sealed envelopes."""

from __future__ import annotations

import sqlalchemy as sa

from refcmdb.models.columns import (
    filter_indexes,
    identity,
    metadata,
    page_indexes,
    reference,
    search_index,
    searchable,
    tenant,
    text,
)


def envelope(name: str, *, nullable: bool = False) -> sa.Column[bytes]:
    """A secret as :mod:`refcmdb.services.encryption` seals it."""
    return sa.Column(name, sa.LargeBinary, nullable=nullable)


credentials = sa.Table(
    "credentials",
    metadata,
    identity(),
    tenant(),
    reference("device_id", "devices"),
    text("name", 100),
    text("username", 100),
    envelope("secret"),
    envelope("snmp_community", nullable=True),
    text("public_key", 800, default=""),
    searchable("name", "username"),
    sa.UniqueConstraint("device_id", "name"),
    *page_indexes("name"),
    *filter_indexes("device_id", "username"),
    search_index("credentials"),
)

webhooks = sa.Table(
    "webhooks",
    metadata,
    identity(),
    tenant(),
    text("name", 100),
    text("url", 500),
    # Comma-separated actions of the change log, on devices.
    text("events", 40),
    sa.Column("enabled", sa.Boolean, nullable=False),
    envelope("secret"),
    searchable("name", "url"),
    sa.UniqueConstraint("tenant_id", "name"),
    *page_indexes("name"),
    *filter_indexes("enabled"),
    search_index("webhooks"),
)
