"""Where things are: regions, and locations within a site; both are trees."""

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

regions = sa.Table(
    "regions",
    metadata,
    identity(),
    tenant(),
    reference("parent_id", "regions", nullable=True),
    text("name", 100),
    text("description", 200, default=""),
    searchable("name", "description"),
    sa.UniqueConstraint("tenant_id", "parent_id", "name", postgresql_nulls_not_distinct=True),
    *page_indexes("name"),
    *filter_indexes("parent_id"),
    search_index("regions"),
)

locations = sa.Table(
    "locations",
    metadata,
    identity(),
    tenant(),
    reference("site_id", "sites"),
    reference("parent_id", "locations", nullable=True),
    text("name", 100),
    text("description", 200, default=""),
    searchable("name", "description"),
    sa.UniqueConstraint("site_id", "parent_id", "name", postgresql_nulls_not_distinct=True),
    *page_indexes("name"),
    *filter_indexes("site_id", "parent_id"),
    search_index("locations"),
)
