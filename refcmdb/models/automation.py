"""What configures devices: templates."""

from __future__ import annotations

import sqlalchemy as sa

from refcmdb.models.columns import (
    identity,
    metadata,
    page_indexes,
    search_index,
    searchable,
    tenant,
    text,
)

config_templates = sa.Table(
    "config_templates",
    metadata,
    identity(),
    tenant(),
    text("name", 100),
    text("description", 200, default=""),
    text("body", 10_000),
    searchable("name", "description"),
    sa.UniqueConstraint("tenant_id", "name"),
    *page_indexes("name"),
    search_index("config_templates"),
)
