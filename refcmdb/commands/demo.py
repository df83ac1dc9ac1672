"""``demo``: everything that refcmdb needs, started to be looked at and thrown away."""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
import signal
import socket
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import psycopg

from refcmdb.auth.passwords import hash_password
from refcmdb.commands import complain
from refcmdb.commands.passwords import UPDATE
from refcmdb.frontend import bundle
from refcmdb.infrastructure import embedded
from refcmdb.migrations import upgrade
from refcmdb.seeding.load import seed
from refcmdb.seeding.plan import USERS, Plan
from refcmdb.settings import Settings, SettingsError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

UNBUILT = "\nThe web application is not built here (`make frontend`); /ui/devices has plain pages."


def run(options: argparse.Namespace) -> int:
    """Serves until SIGTERM or Ctrl-C; nothing is left behind."""
    require_free(options.port)
    signal.signal(signal.SIGTERM, _stop)
    with contextlib.suppress(KeyboardInterrupt), contextlib.ExitStack() as stack:
        # Not below a long path: sockets must have a short one.
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="refcmdb-"))
        sys.stderr.write("refcmdb: starting PostgreSQL and Valkey\n")
        services = stack.enter_context(embedded.running(Path(directory)))
        sys.stderr.write(f"refcmdb: seeding {options.devices:,} devices\n")
        passwords = fill(services.database_url, devices=options.devices)
        environment = {
            "REFCMDB_DATABASE_URL": services.database_url,
            "REFCMDB_REDIS_URL": services.redis_url,
            "REFCMDB_STORAGE": f"{directory}/files",
            "REFCMDB_KEYS": "demo:" + base64.b64encode(secrets.token_bytes(32)).decode(),
        }
        return serve(environment, Path(directory), options.port, passwords)
    return 0


def require_free(port: int) -> None:
    """Raises: SettingsError if somebody answers at the port already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            problem = f"{port} cannot be used ({error.strerror}); name another one"
            raise SettingsError("--port", problem) from None


def fill(database_url: str, *, devices: int) -> dict[str, str]:
    """A network of this size; the passwords of its users."""
    upgrade(Settings(database_url=database_url))
    seed(database_url, Plan(devices=devices, seed=0))
    passwords = {name: secrets.token_urlsafe(9) for name, _, _ in USERS}
    with psycopg.connect(database_url) as connection:
        for name, password in passwords.items():
            connection.execute(UPDATE, (hash_password(password), name))
    return passwords


def serve(
    environment: Mapping[str, str], directory: Path, port: int, passwords: Mapping[str, str]
) -> int:
    """Answer until somebody stops us; returns what the server ended with, if it did by itself."""
    command = [sys.executable, "-m", "refcmdb", "serve", "--port", str(port)]
    url, log = f"http://127.0.0.1:{port}", directory / "refcmdb.log"

    def ready() -> bool:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/health"):  # noqa: S310 - our own
            return True
        return False

    with embedded.process(command, log, env={**os.environ, **environment}) as server:
        embedded.wait_until(ready, server, log)
        sys.stdout.write(told(url, passwords))
        sys.stdout.flush()
        server.wait()
        return complain(f"the server ended: {log.read_text(encoding='utf-8')[-500:]}")


def told(url: str, passwords: Mapping[str, str]) -> str:
    """Where to go and as whom."""
    built = bundle.load() is not None
    lines = [f"refcmdb runs: {url}{'/app/' if built else ''}", "", "  user            password"]
    lines += [f"  {name:<15} {password}" for name, password in passwords.items()]
    return "\n".join(
        [*lines, "" if built else UNBUILT, "Ctrl-C stops it and removes all of it.\n"]
    )


def _stop(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt
