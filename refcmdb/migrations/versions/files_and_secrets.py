"""Attachments, credentials and webhooks."""

from __future__ import annotations

import pathlib

from alembic import op

revision = "files_and_secrets"
down_revision = "sessions"

TABLES = ("webhooks", "credentials", "attachments")


def upgrade() -> None:
    """Create them."""
    script = pathlib.Path(__file__).with_suffix(".sql").read_text("utf-8")
    op.get_bind().exec_driver_sql(script)


def downgrade() -> None:
    """Drop them."""
    for table in TABLES:
        op.drop_table(table)
