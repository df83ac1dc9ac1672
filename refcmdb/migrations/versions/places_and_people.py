"""Regions, locations, contacts, custom fields and saved views."""

from __future__ import annotations

import pathlib

from alembic import op

revision = "places_and_people"
down_revision = "journal"

COLUMNS = {
    "sites": ("region_id", "custom"),
    "racks": ("location_id", "custom"),
    "devices": ("location_id", "custom"),
    "prefixes": ("custom",),
}
TABLES = (
    "saved_views",
    "custom_fields",
    "contact_assignments",
    "contacts",
    "locations",
    "regions",
)


def upgrade() -> None:
    """Create them; what was there before has no custom fields and stands in no location."""
    script = pathlib.Path(__file__).with_suffix(".sql").read_text("utf-8")
    op.get_bind().exec_driver_sql(script)


def downgrade() -> None:
    """Drop them."""
    for table, columns in COLUMNS.items():
        for column in columns:
            op.drop_column(table, column)
    for table in TABLES:
        op.drop_table(table)
