"""What connects devices: cables between interfaces."""

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

cables = sa.Table(
    "cables",
    metadata,
    identity(),
    tenant(),
    reference("a_interface_id", "interfaces"),
    reference("b_interface_id", "interfaces"),
    text("type", 20),
    text("status", 20),
    text("label", 64, default=""),
    searchable("label"),
    # Their indexes also find the cable of an interface, at either end.
    sa.UniqueConstraint("a_interface_id"),
    sa.UniqueConstraint("b_interface_id"),
    sa.CheckConstraint("a_interface_id <> b_interface_id", name="two_ends"),
    *page_indexes("label"),
    *filter_indexes("type", "status"),
    search_index("cables"),
)
