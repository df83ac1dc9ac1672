"""Who may come in: tenants, users and their API tokens."""

from __future__ import annotations

import sqlalchemy as sa

from refcmdb.models.columns import (
    JSONB,
    identity,
    index,
    metadata,
    moment,
    page_indexes,
    reference,
    search_index,
    searchable,
    text,
)

tenants = sa.Table(
    "tenants",
    metadata,
    identity(),
    text("name", 100),
    text("description", 200, default=""),
    searchable("name", "description"),
    sa.UniqueConstraint("name"),
    *page_indexes("name", scoped=False),
    search_index("tenants"),
)

users = sa.Table(
    "users",
    metadata,
    identity(),
    text("name", 100),
    text("role", 20),
    reference("tenant_id", "tenants", nullable=True),
    text("password_hash", 200),
    # What refcmdb.api.constraints reads; null is no constraint.
    sa.Column("constraints", JSONB, nullable=True),
    sa.UniqueConstraint("name"),
    sa.CheckConstraint("role in ('viewer', 'operator', 'admin')", name="role"),
    sa.CheckConstraint("role = 'admin' or tenant_id is not null", name="role_tenant"),
    sa.CheckConstraint("role <> 'admin' or constraints is null", name="role_constraints"),
    index("tenant_id", reason="foreign key: who deletes a tenant asks for its users"),
)

api_tokens = sa.Table(
    "api_tokens",
    metadata,
    identity(),
    sa.Column("sha256", sa.LargeBinary, nullable=False),
    reference("user_id", "users"),
    moment("created_at"),
    sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
    sa.Column("revoked", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.UniqueConstraint("sha256"),
    index("user_id", reason="foreign key: tokens end with their user"),
)
