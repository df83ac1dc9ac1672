"""The first schema."""

from __future__ import annotations

import pathlib

from alembic import op

revision = "0001"
down_revision = None

TABLES = (
    "changes",
    "ip_addresses",
    "prefixes",
    "vlans",
    "device_tags",
    "tags",
    "interfaces",
    "devices",
    "device_types",
    "racks",
    "sites",
    "api_tokens",
    "users",
    "tenants",
)


def upgrade() -> None:
    """Create everything.

    pg_trgm is a trusted extension: the owner of the database may create it.
    """
    script = pathlib.Path(__file__).with_suffix(".sql").read_text("utf-8")
    op.get_bind().exec_driver_sql(script)


def downgrade() -> None:
    """Drop everything."""
    for table in TABLES:
        op.drop_table(table)
    op.execute("DROP EXTENSION IF EXISTS pg_trgm")
