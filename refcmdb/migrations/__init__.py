"""Alembic's directory: how a database becomes what refcmdb.models says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import alembic.command
import alembic.config

if TYPE_CHECKING:
    from refcmdb.settings import Settings


def configuration(settings: Settings) -> alembic.config.Config:
    """Alembic's configuration, without any file."""
    config = alembic.config.Config()
    config.set_main_option("script_location", "refcmdb:migrations")
    config.attributes["database_url"] = settings.database_url
    return config


def upgrade(settings: Settings) -> None:
    """Bring the database to the newest revision."""
    alembic.command.upgrade(configuration(settings), "head")


def downgrade(settings: Settings) -> None:
    """Take everything out again."""
    alembic.command.downgrade(configuration(settings), "base")
