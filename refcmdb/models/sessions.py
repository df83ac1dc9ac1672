"""Who is logged in with a browser."""

from __future__ import annotations

import sqlalchemy as sa

from refcmdb.models.columns import identity, index, metadata, moment, reference

sessions = sa.Table(
    "sessions",
    metadata,
    identity(),
    sa.Column("sha256", sa.LargeBinary, nullable=False),
    reference("user_id", "users"),
    moment("created_at"),
    sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    sa.UniqueConstraint("sha256"),
    index("user_id", reason="foreign key: sessions end with their user"),
)
