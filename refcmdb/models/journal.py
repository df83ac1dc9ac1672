"""What happened: one row per change of an object, written in the transaction of the change."""

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
