"""Whom to ask: contacts, and what they are responsible for."""

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

contacts = sa.Table(
    "contacts",
    metadata,
    identity(),
    tenant(),
    text("kind", 20),
    text("name", 100),
    text("email", 254, default=""),
    text("phone", 40, default=""),
    text("description", 200, default=""),
    searchable("name", "email", "phone", "description"),
    sa.UniqueConstraint("tenant_id", "name"),
    *page_indexes("name"),
    *filter_indexes("kind", "email"),
    search_index("contacts"),
)

# What a contact can be assigned to. A key for each: the database keeps what is referred to.
ASSIGNED_TO = {
    "site_id": "sites",
    "rack_id": "racks",
    "device_id": "devices",
    "prefix_id": "prefixes",
    "vlan_id": "vlans",
}

contact_assignments = sa.Table(
    "contact_assignments",
    metadata,
    identity(),
    tenant(),
    reference("contact_id", "contacts"),
    *(reference(key, target, nullable=True) for key, target in ASSIGNED_TO.items()),
    text("role", 50),
    text("priority", 20),
    sa.CheckConstraint(f"num_nonnulls({', '.join(ASSIGNED_TO)}) = 1", name="one_object"),
    sa.UniqueConstraint("contact_id", "role", *ASSIGNED_TO, postgresql_nulls_not_distinct=True),
    *page_indexes("role"),
    *filter_indexes("contact_id", *ASSIGNED_TO, "priority"),
)
