"""What stands in the racks: sites, racks, device types, devices, interfaces, tags."""

from __future__ import annotations

import sqlalchemy as sa

from refcmdb.models.columns import (
    custom,
    custom_index,
    filter_indexes,
    identity,
    index,
    metadata,
    moment,
    page_indexes,
    reference,
    search_index,
    searchable,
    tenant,
    text,
)

sites = sa.Table(
    "sites",
    metadata,
    identity(),
    tenant(),
    text("name", 100),
    text("region", 50),
    # Where it is in the tree of regions.
    reference("region_id", "regions", nullable=True),
    text("status", 20),
    text("address", 200, default=""),
    custom(),
    searchable("name", "region", "address"),
    sa.UniqueConstraint("tenant_id", "name"),
    *page_indexes("name"),
    *filter_indexes("region", "region_id", "status"),
    search_index("sites"),
    custom_index("sites"),
)

racks = sa.Table(
    "racks",
    metadata,
    identity(),
    tenant(),
    reference("site_id", "sites"),
    reference("location_id", "locations", nullable=True),
    text("name", 50),
    sa.Column("height_units", sa.Integer, nullable=False),
    custom(),
    searchable("name"),
    sa.UniqueConstraint("site_id", "name"),
    *page_indexes("name"),
    *filter_indexes("site_id", "location_id"),
    search_index("racks"),
    custom_index("racks"),
)

device_types = sa.Table(
    "device_types",
    metadata,
    identity(),
    text("manufacturer", 100),
    text("model", 100),
    sa.Column("height_units", sa.Integer, nullable=False),
    searchable("manufacturer", "model"),
    sa.UniqueConstraint("manufacturer", "model"),
    *page_indexes("manufacturer", "model", scoped=False),
    search_index("device_types"),
)

devices = sa.Table(
    "devices",
    metadata,
    identity(),
    tenant(),
    reference("site_id", "sites"),
    reference("location_id", "locations", nullable=True),
    reference("rack_id", "racks", nullable=True),
    reference("device_type_id", "device_types"),
    text("name", 100),
    text("serial", 50),
    text("asset_tag", 50, nullable=True),
    text("status", 20),
    text("role", 20),
    text("comments", 2000, default=""),
    moment("created_at"),
    moment("updated_at"),
    custom(),
    searchable("name", "serial", "coalesce(asset_tag, '')"),
    sa.UniqueConstraint("tenant_id", "name"),
    sa.UniqueConstraint("tenant_id", "serial"),
    sa.UniqueConstraint("tenant_id", "asset_tag"),
    *page_indexes("name", "serial", "created_at", "updated_at"),
    *filter_indexes(
        *("site_id", "location_id", "rack_id", "device_type_id", "asset_tag", "status", "role")
    ),
    search_index("devices"),
    custom_index("devices"),
)

interfaces = sa.Table(
    "interfaces",
    metadata,
    identity(),
    tenant(),
    reference("device_id", "devices"),
    text("name", 64),
    text("type", 20),
    text("mac", 17, nullable=True),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("mtu", sa.Integer, nullable=True),
    # Where a line goes on within the device, as in a patch panel.
    reference("through_id", "interfaces", nullable=True),
    text("description", 200, default=""),
    searchable("name", "coalesce(mac, '')", "description"),
    sa.UniqueConstraint("device_id", "name"),
    sa.UniqueConstraint("through_id"),
    *page_indexes("name"),
    *filter_indexes("device_id", "type", "mac", "enabled"),
    search_index("interfaces"),
)

tags = sa.Table(
    "tags",
    metadata,
    identity(),
    text("name", 50),
    text("color", 6),
    text("description", 200, default=""),
    searchable("name", "description"),
    sa.UniqueConstraint("name"),
    *page_indexes("name", scoped=False),
    search_index("tags"),
)

device_tags = sa.Table(
    "device_tags",
    metadata,
    sa.Column(
        "device_id",
        sa.BigInteger,
        sa.ForeignKey("devices.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column(
        "tag_id",
        sa.BigInteger,
        sa.ForeignKey("tags.id", ondelete="RESTRICT"),
        primary_key=True,
    ),
    index("tag_id", reason="devices with a tag; the primary key begins with the device"),
)
