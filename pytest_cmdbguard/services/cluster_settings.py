"""The settings of the embedded PostgreSQL, and who may come in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .telemetry import PRELOADED, TELEMETRY, WITNESSED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ADMIN = "cmdbguard"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "ssl": "on",
    "password_encryption": "scram-sha-256",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "min_wal_size": "32MB",
    "wal_recycle": "off",
    "wal_init_zero": "off",
    "checkpoint_timeout": "1h",
    "log_checkpoints": "off",
    "logging_collector": "on",
    "log_filename": "postgres-server.log",
    "log_rotation_size": "0",  # one file for the whole run: the witness keeps an offset in it
    "log_rotation_age": "0",
    "log_timezone": "UTC",
    "timezone": "UTC",
    "shared_preload_libraries": ",".join(PRELOADED),
    **WITNESSED,
    **TELEMETRY[True],
}
# nobody may come in without a password but the admin, and only while we set the passwords
BOOTSTRAP = f"local all {ADMIN} trust\n"
# "host", not "hostssl": whether a target asks for TLS is its choice, and a check looks at it
ACCESS = "local all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n"


def text(version: tuple[int, int], *, port: int, paths: Mapping[str, Path]) -> str:
    """The content of ``postgresql.conf``; ``paths`` are settings that name files."""
    settings = {**SETTINGS, **{name: str(path) for name, path in paths.items()}, "port": str(port)}
    if version >= (18, 0):
        settings["file_copy_method"] = "clone"
    return "".join(f"{name} = '{value}'\n" for name, value in settings.items())


def locale(version: tuple[int, int]) -> list[str]:
    """Options of initdb: UTF-8 without a language, the same order of names on every machine."""
    if version >= (17, 0):
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    return ["--locale=C.UTF-8"]
