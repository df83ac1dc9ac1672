"""What PostgreSQL must be told so that it tells us everything, and how to silence it again."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from sqlalchemy import Engine, TextClause, text

from pytest_cmdbguard.errors import ServiceError, ServiceNotReady

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# In force while probes run; each can be changed without a restart.
TELEMETRY: Mapping[str, str] = {
    "log_statement": "all",
    "log_truncate_on_rotation": "off",  # a file whose name comes round again keeps what it has
    "log_min_error_statement": "error",
    "log_parameter_max_length": "-1",
    "log_parameter_max_length_on_error": "-1",
    "lc_messages": "C",
    "pg_stat_statements.track": "all",
    "auto_explain.log_nested_statements": "on",
    "auto_explain.log_level": "log",
    "auto_explain.log_format": "json",
}
# Where there is code in the database: a plan of every statement shows those that it sends. Without
# such code they are four fifths of the log, and tell nothing new.
NESTED: Mapping[str, str] = {"auto_explain.log_min_duration": "0"}
# While performance is measured: logging a statement costs a third of the throughput, counting it
# in pg_stat_statements is what production does anyway.
QUIET: Mapping[str, str] = {"log_statement": "none", "auto_explain.log_min_duration": "-1"}

_REFUSED = (
    "write these settings into postgresql.conf instead of the server's command line,"
    " whose settings cannot be changed while it runs"
)
_IN_FORCE_S = 5.0


def require_collector(engine: Engine) -> None:
    """Return if the log can be read through SQL and shows nested statements.

    Raises: ServiceError, naming the setting that needs a restart of the server.
    """
    with engine.connect() as connection:
        if connection.scalar(text("show logging_collector")) != "on":
            raise ServiceError("PostgreSQL", "logging_collector is off; set it on and restart")
        if "jsonlog" not in str(connection.scalar(text("show log_destination"))):
            raise ServiceError(
                "PostgreSQL", "log_destination lacks jsonlog; add it (PostgreSQL 15 or later)"
            )
        preloaded = str(connection.scalar(text("show shared_preload_libraries")))
    if _reads_backslashes(engine):
        raise ServiceError(
            "PostgreSQL",
            "standard_conforming_strings is off for this database or a role of it; the judge reads"
            " literals as the SQL standard does: set it on",
        )
    for library in ("pg_stat_statements", "auto_explain"):
        if library not in preloaded:
            raise ServiceError(
                "PostgreSQL", f"add {library} to shared_preload_libraries and restart"
            )


def _reads_backslashes(engine: Engine) -> bool:
    """Whether any setting makes a backslash in a plain literal escape the quote behind it."""
    query = text(
        "select exists (select from pg_settings where name = 'standard_conforming_strings'"
        " and reset_val = 'off') or exists (select from pg_db_role_setting where setconfig"
        " && array['standard_conforming_strings=off', 'standard_conforming_strings=0']"
        " and setdatabase in (0, (select oid from pg_database"
        " where datname = current_database())))"
    )
    with engine.connect() as connection:
        return bool(connection.scalar(query))


def put_in_force(engine: Engine, settings: Mapping[str, str]) -> None:
    """Change settings of the whole server, if need be, and wait until sessions see them.

    Raises: ServiceNotReady if the server keeps other values (they came by command line).
    """
    if _in_force(engine, settings) == settings:
        return
    _alter(engine, settings)
    _wait(engine, settings)


@contextlib.contextmanager
def quiet(engine: Engine) -> Iterator[None]:
    """Statements are not logged inside the block; afterwards everything is as it was."""
    before = _configured(engine, QUIET)
    values = _in_force(engine, QUIET)
    put_in_force(engine, QUIET)
    try:
        yield
    finally:
        _alter(engine, {name: before.get(name) for name in QUIET})
        _wait(engine, values)


def _alter(engine: Engine, settings: Mapping[str, str | None]) -> None:
    with engine.connect() as connection:
        for name, value in settings.items():
            # ALTER SYSTEM takes no bind values; name and value are ours, never a user's.
            change = f"reset {name}" if value is None else f"set {name} = '{value}'"
            connection.execute(text(f"alter system {change}"))
        connection.execute(text("select pg_reload_conf()"))


def _configured(engine: Engine, names: Iterable[str]) -> dict[str, str]:
    """The values that earlier ALTER SYSTEM commands left."""
    query = text(
        "select name, setting from pg_file_settings"
        " where name = any(:names) and sourcefile like '%postgresql.auto.conf'"
    )
    return _pairs(engine, query, names)


def _in_force(engine: Engine, names: Iterable[str]) -> dict[str, str]:
    """The values that a session without settings of its own gets (``reset_val``)."""
    query = text("select name, reset_val from pg_settings where name = any(:names)")
    return _pairs(engine, query, names)


def _pairs(engine: Engine, query: TextClause, names: Iterable[str]) -> dict[str, str]:
    with engine.connect() as connection:
        rows = connection.execute(query, {"names": list(names)})
        return {str(name): str(value) for name, value in rows}


def _wait(engine: Engine, settings: Mapping[str, str]) -> None:
    deadline = time.monotonic() + _IN_FORCE_S
    while (seen := _in_force(engine, settings)) != settings:
        if time.monotonic() > deadline:
            kept = {name: value for name, value in seen.items() if settings[name] != value}
            raise ServiceNotReady(
                "PostgreSQL", waited_s=_IN_FORCE_S, last_log=f"kept {kept}", remedy=_REFUSED
            )
        time.sleep(0.002)
