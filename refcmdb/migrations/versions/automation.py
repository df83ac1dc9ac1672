"""Configuration templates."""

from __future__ import annotations

import pathlib

from alembic import op

revision = "automation"
down_revision = "files_and_secrets"


def upgrade() -> None:
    """Create the table."""
    script = pathlib.Path(__file__).with_suffix(".sql").read_text("utf-8")
    op.get_bind().exec_driver_sql(script)


def downgrade() -> None:
    """Drop it."""
    op.drop_table("config_templates")
