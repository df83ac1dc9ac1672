"""What PostgreSQL tells the SQL witness, and how that is switched on and off without a restart."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from pytest_cmdbguard.errors import ServiceError, ServiceNotReady

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Connection = psycopg.Connection[tuple[Any, ...]]

NAME = "PostgreSQL"
WAIT_S = 10
TELEMETRY = {
    True: {"log_statement": "all"},
    False: {"log_statement": "none"},
}
# what the SQL witness needs besides, all of it harmless while telemetry is off
WITNESSED = {
    "log_destination": "jsonlog",
    "log_min_error_statement": "error",
    "log_parameter_max_length": "-1",
    "log_parameter_max_length_on_error": "-1",
    "compute_query_id": "on",
    "pg_stat_statements.track": "all",
    "auto_explain.log_nested_statements": "on",
    "auto_explain.log_level": "log",
    "auto_explain.log_format": "json",
}
PRELOADED = ("pg_stat_statements", "auto_explain")


def switch(connect: Callable[[], Connection], *, on: bool) -> None:
    """Switch telemetry; returns when it is so in every session, old and new.

    The postmaster signals its old sessions and only then starts new ones: once a session that
    began later has the values, the signals are out; an old one shows that they arrive.
    Raises: ServiceNotReady, ServiceError.
    """
    wanted = TELEMETRY[on]

    def in_new_session() -> bool:
        with connect() as after:
            return _in_force(after, wanted)

    with connect() as before:
        try:
            for name, value in wanted.items():
                words = sql.SQL("ALTER SYSTEM SET {} = {}")
                before.execute(words.format(sql.Identifier(*name.split(".")), value))
            before.execute("SELECT pg_reload_conf()")
        except psycopg.Error as error:
            raise ServiceError(NAME, f"telemetry cannot be switched: {error}") from None
        _wait(lambda: _in_force(before, wanted))
    _wait(in_new_session)


def missing(connection: Connection) -> list[str]:
    """What the SQL witness needs and this server does not offer, as ``name = value``."""
    rows = connection.execute("SELECT name, setting FROM pg_settings").fetchall()
    settings = {name: setting.strip() for name, setting in rows}
    wanted = {"logging_collector": "on", **WITNESSED}
    preloaded = settings.get("shared_preload_libraries", "")
    return [
        *(f"shared_preload_libraries = {name}" for name in PRELOADED if name not in preloaded),
        *(
            f"{name} = {value}"
            for name, value in wanted.items()
            if value not in settings.get(name, "")
        ),
    ]


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not condition():
        if time.monotonic() > deadline:
            remedy = "look for ALTER SYSTEM in its log"
            last_log = "the switch of telemetry has no effect"
            raise ServiceNotReady(NAME, waited_s=WAIT_S, last_log=last_log, remedy=remedy)
        time.sleep(0.002)


def _in_force(connection: Connection, wanted: Mapping[str, str]) -> bool:
    rows = connection.execute(
        "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(wanted)]
    ).fetchall()
    return dict(rows) == dict(wanted)
