"""Journal entries."""

from __future__ import annotations

import pathlib

from alembic import op

revision = "journal"
down_revision = "cabling"


def upgrade() -> None:
    """Create the table."""
    script = pathlib.Path(__file__).with_suffix(".sql").read_text("utf-8")
    op.get_bind().exec_driver_sql(script)


def downgrade() -> None:
    """Drop it."""
    op.drop_table("journal_entries")
