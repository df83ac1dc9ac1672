"""The door through which all witnesses look at PostgreSQL: one name, one way to connect."""

from __future__ import annotations

import psycopg
from sqlalchemy import Engine, create_engine

from pytest_cmdbguard.errors import ServiceError

APPLICATION = "cmdbguard-witness"

# A witness must not see itself: its own statements are neither logged nor counted. Set after
# connecting, not by connection options: pg_settings.reset_val then shows what others get.
SILENCE = """
set log_statement = none; set log_duration = off; set log_min_duration_statement = -1;
set auto_explain.log_min_duration = -1; set pg_stat_statements.track = none
"""


def connect(admin_url: str) -> Engine:
    """A SQLAlchemy engine (autocommit, at most a few connections) on the watched database.

    Args:
        admin_url: of a superuser; a libpq URL, a libpq ``key=value`` text or a SQLAlchemy URL.
    """
    scheme, colon, rest = admin_url.partition("://")
    conninfo = scheme.partition("+")[0] + colon + rest

    def creator() -> psycopg.Connection:
        try:
            connection = psycopg.connect(
                conninfo, application_name=APPLICATION, client_encoding="utf8", autocommit=True
            )
            connection.execute(SILENCE)
        except psycopg.OperationalError as error:
            message = str(error).splitlines()[0]
            raise ServiceError("PostgreSQL", f"no witness can connect: {message}") from error
        return connection

    return create_engine("postgresql+psycopg://", creator=creator, isolation_level="AUTOCOMMIT")
