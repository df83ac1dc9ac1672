"""Constraints of accounts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "constraints"
down_revision = "places_and_people"


def upgrade() -> None:
    """Create them; nobody has one yet."""
    op.add_column("users", sa.Column("constraints", JSONB, nullable=True))
    unheld = "role <> 'admin' or constraints is null"
    op.create_check_constraint("role_constraints", "users", unheld)


def downgrade() -> None:
    """Drop them. Fails while accounts have some: they would see more than they should."""
    op.get_bind().exec_driver_sql(
        "ALTER TABLE users ADD CONSTRAINT nobody_is_constrained CHECK (constraints IS NULL)"
    )
    op.drop_column("users", "constraints")
