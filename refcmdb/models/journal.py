"""What happened: one row per change, written in its transaction; and what people say of it."""

from __future__ import annotations

import sqlalchemy as sa

from refcmdb.models.columns import (
    JSONB,
    filter_indexes,
    identity,
    index,
    metadata,
    moment,
    reference,
    search_index,
    searchable,
    tenant,
    text,
)

changes = sa.Table(
    "changes",
    metadata,
    identity(),
    reference("tenant_id", "tenants", nullable=True),
    text("object_type", 30),
    sa.Column("object_id", sa.BigInteger, nullable=False),
    text("action", 20),
    sa.Column("before", JSONB, nullable=True),
    sa.Column("after", JSONB, nullable=True),
    reference("user_id", "users"),
    text("request_id", 32),
    moment("time"),
    index("tenant_id", "id", reason="the newest changes within a tenant; foreign key"),
    index("object_type", "object_id", "id", reason="the history of one object"),
    *filter_indexes("object_id", "action", "user_id", "request_id"),
)

journal_entries = sa.Table(
    "journal_entries",
    metadata,
    identity(),
    tenant(),
    reference("device_id", "devices"),
    # Who wrote it.
    reference("user_id", "users"),
    text("kind", 20),
    text("comments", 2000),
    moment("created_at"),
    searchable("comments"),
    index("tenant_id", "id", reason="the newest entries within a tenant; foreign key"),
    *filter_indexes("device_id", "kind", "user_id"),
    search_index("journal_entries"),
)
