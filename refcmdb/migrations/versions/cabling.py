"""Cables, and interfaces that lead on to another one."""

from __future__ import annotations

import pathlib

from alembic import op

revision = "cabling"
down_revision = "vrfs"


def upgrade() -> None:
    """Create them."""
    script = pathlib.Path(__file__).with_suffix(".sql").read_text("utf-8")
    op.get_bind().exec_driver_sql(script)


def downgrade() -> None:
    """Drop them."""
    op.drop_table("cables")
    op.drop_column("interfaces", "through_id")
