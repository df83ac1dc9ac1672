"""How devices are reached: prefixes, IP addresses, VLANs."""

from __future__ import annotations

import sqlalchemy as sa

from refcmdb.models.columns import (
    CIDR,
    INET,
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

prefixes = sa.Table(
    "prefixes",
    metadata,
    identity(),
    tenant(),
    reference("site_id", "sites", nullable=True),
    sa.Column("prefix", CIDR, nullable=False),
    text("status", 20),
    text("description", 200, default=""),
    searchable("text(prefix)", "description"),
    sa.UniqueConstraint("tenant_id", "prefix"),
    *page_indexes("prefix"),
    *filter_indexes("site_id", "status"),
    search_index("prefixes"),
)

ip_addresses = sa.Table(
    "ip_addresses",
    metadata,
    identity(),
    tenant(),
    reference("interface_id", "interfaces", nullable=True),
    sa.Column("address", INET, nullable=False),
    text("status", 20),
    text("dns_name", 255, default=""),
    searchable("text(address)", "dns_name"),
    sa.UniqueConstraint("tenant_id", "address"),
    *page_indexes("address"),
    *filter_indexes("interface_id", "status", "dns_name"),
    search_index("ip_addresses"),
)

vlans = sa.Table(
    "vlans",
    metadata,
    identity(),
    tenant(),
    reference("site_id", "sites"),
    sa.Column("vid", sa.Integer, nullable=False),
    text("name", 64),
    text("description", 200, default=""),
    searchable("name", "description"),
    sa.UniqueConstraint("site_id", "vid"),
    *page_indexes("vid", "name"),
    *filter_indexes("site_id"),
    search_index("vlans"),
)
