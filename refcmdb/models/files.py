"""What lies in the storage directory: the attachments of devices; the rows know their names."""

from __future__ import annotations

import sqlalchemy as sa

from refcmdb.models.columns import (
    filter_indexes,
    identity,
    metadata,
    moment,
    page_indexes,
    reference,
    search_index,
    searchable,
    tenant,
    text,
)

attachments = sa.Table(
    "attachments",
    metadata,
    identity(),
    tenant(),
    reference("device_id", "devices"),
    text("name", 150),
    text("media_type", 100),
    sa.Column("size_bytes", sa.Integer, nullable=False),
    text("sha256", 64),
    # The name of the file: random, so that no name that came from outside is ever a path.
    text("stored", 32),
    moment("created_at"),
    searchable("name"),
    sa.UniqueConstraint("stored"),
    *page_indexes("name"),
    *filter_indexes("device_id", "media_type"),
    search_index("attachments"),
)
