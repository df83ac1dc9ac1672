"""What people want to see: fields of their own, and lists that they look at again."""

from __future__ import annotations

import sqlalchemy as sa

from refcmdb.models.columns import (
    JSONB,
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

custom_fields = sa.Table(
    "custom_fields",
    metadata,
    identity(),
    tenant(),
    text("resource", 30),
    text("name", 50),
    text("type", 20),
    sa.Column("required", sa.Boolean, nullable=False),
    sa.Column("default", JSONB, nullable=True),
    sa.Column("choices", JSONB, nullable=False),
    sa.Column("minimum", sa.BigInteger, nullable=True),
    sa.Column("maximum", sa.BigInteger, nullable=True),
    text("description", 200, default=""),
    searchable("name", "description"),
    # Also finds the fields of a resource.
    sa.UniqueConstraint("tenant_id", "resource", "name"),
    *page_indexes("name"),
    *filter_indexes("resource", "type"),
    search_index("custom_fields"),
)

saved_views = sa.Table(
    "saved_views",
    metadata,
    identity(),
    tenant(),
    # Whose it is.
    reference("user_id", "users"),
    text("name", 100),
    text("resource", 30),
    text("query", 1000),
    sa.Column("shared", sa.Boolean, nullable=False),
    text("description", 200, default=""),
    searchable("name", "description"),
    sa.UniqueConstraint("user_id", "tenant_id", "name"),
    *page_indexes("name"),
    *filter_indexes("user_id", "resource"),
    search_index("saved_views"),
)
