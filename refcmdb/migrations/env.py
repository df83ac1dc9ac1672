"""What Alembic runs: one transaction for all revisions."""

from __future__ import annotations

import psycopg
import sqlalchemy as sa
from alembic import context

from refcmdb.models import metadata

url: str = context.config.attributes["database_url"]
# libpq reads the URL itself, so that sslmode and its other parameters mean what they say.
engine = sa.create_engine(
    "postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=sa.NullPool
)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()
