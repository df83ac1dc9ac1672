"""The door through which all witnesses look at PostgreSQL: one name, one way to connect."""

from __future__ import annotations

import psycopg
from sqlalchemy import Engine, ExceptionContext, create_engine, event

from pytest_cmdbguard.errors import ServiceError

APPLICATION = "cmdbguard-witness"

# A witness must not see itself: its own statements are neither logged nor counted. Set after
# connecting, not by connection options: pg_settings.reset_val then shows what others get.
SILENCE = """
set log_statement = none; set log_duration = off; set log_min_duration_statement = -1;
set auto_explain.log_min_duration = -1; set pg_stat_statements.track = none
"""

# What a server says when it ends a session; the driver notices the closed socket only later.
_FAREWELLS = (
    psycopg.errors.AdminShutdown,
    psycopg.errors.CrashShutdown,
    psycopg.errors.CannotConnectNow,
)


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

    engine = create_engine("postgresql+psycopg://", creator=creator, isolation_level="AUTOCOMMIT")
    event.listen(engine, "handle_error", _explain_loss)
    return engine


def _explain_loss(context: ExceptionContext) -> None:
    """A server that goes away under a witness is a service's failure, not the check's."""
    error = context.original_exception
    if context.is_disconnect or isinstance(error, _FAREWELLS):
        context.is_disconnect = True  # the pool forgets the connection and makes another
        message = str(error).splitlines()[0]
        raise ServiceError("PostgreSQL", f"the witness lost its connection: {message}")
