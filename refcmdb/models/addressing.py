"""How devices are reached: VRFs, prefixes, IP addresses, VLANs."""

from __future__ import annotations

import sqlalchemy as sa

from refcmdb.models.columns import (
    CIDR,
    INET,
    custom,
    custom_index,
    filter_indexes,
    identity,
    index,
    metadata,
    page_indexes,
    reference,
    search_index,
    searchable,
    tenant,
    text,
)

vrfs = sa.Table(
    "vrfs",
    metadata,
    identity(),
    tenant(),
    text("name", 100),
    text("rd", 21, nullable=True),
    text("description", 200, default=""),
    searchable("name", "coalesce(rd, '')", "description"),
    sa.UniqueConstraint("tenant_id", "name"),
    sa.UniqueConstraint("tenant_id", "rd"),
    *page_indexes("name"),
    *filter_indexes("rd"),
    search_index("vrfs"),
)

# No VRF is the global routing table: two rows without one are in the same.
prefixes = sa.Table(
    "prefixes",
    metadata,
    identity(),
    tenant(),
    reference("site_id", "sites", nullable=True),
    reference("vrf_id", "vrfs", nullable=True),
    sa.Column("prefix", CIDR, nullable=False),
    text("status", 20),
    text("description", 200, default=""),
    custom(),
    searchable("text(prefix)", "description"),
    # Also finds what lies below and above a prefix: addresses sort by their leading bits.
    sa.UniqueConstraint("tenant_id", "vrf_id", "prefix", postgresql_nulls_not_distinct=True),
    *page_indexes("prefix"),
    *filter_indexes("site_id", "vrf_id", "status"),
    search_index("prefixes"),
    custom_index("prefixes"),
)

ip_addresses = sa.Table(
    "ip_addresses",
    metadata,
    identity(),
    tenant(),
    reference("interface_id", "interfaces", nullable=True),
    reference("vrf_id", "vrfs", nullable=True),
    sa.Column("address", INET, nullable=False),
    # The address alone, whatever the length of the prefix that it was written with.
    sa.Column("host", INET, sa.Computed("CAST(host(address) AS INET)", persisted=True)),
    text("status", 20),
    text("dns_name", 255, default=""),
    searchable("text(address)", "dns_name"),
    sa.UniqueConstraint("tenant_id", "vrf_id", "address", postgresql_nulls_not_distinct=True),
    *page_indexes("address"),
    *filter_indexes("interface_id", "vrf_id", "status", "dns_name"),
    index(
        "tenant_id", "vrf_id", "host", reason="the addresses of a prefix, and its next free one"
    ),
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
