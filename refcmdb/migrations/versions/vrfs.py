"""VRFs: prefixes and IP addresses are unique in theirs."""

from __future__ import annotations

import pathlib

from alembic import op

revision = "vrfs"
down_revision = "automation"


def upgrade() -> None:
    """Create them; what was there before is in none, the global table."""
    script = pathlib.Path(__file__).with_suffix(".sql").read_text("utf-8")
    op.get_bind().exec_driver_sql(script)


def downgrade() -> None:
    """Drop them. Fails where two VRFs have the same prefix or address."""
    op.drop_column("ip_addresses", "host")
    for table, column in (("prefixes", "prefix"), ("ip_addresses", "address")):
        op.drop_column(table, "vrf_id")
        op.create_unique_constraint(f"uq_{table}_tenant_id_{column}", table, ["tenant_id", column])
    op.drop_table("vrfs")
