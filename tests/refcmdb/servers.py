"""Servers of the tests of refcmdb, and those who ask them."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg
import requests
import trustme

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DEADLINE_S = 30


@dataclasses.dataclass(frozen=True)
class Postgres:
    directory: str
    port: int
    log: Path

    @contextlib.contextmanager
    def plans(self) -> Iterator[list[str]]:
        """The plans of what runs in the body, one text per statement, filled in at its end."""
        seen, found = self.log.stat().st_size, []
        yield found
        text = self.log.read_bytes()[seen:].decode()
        found += [part for part in text.split(" LOG:  ") if part.startswith("duration: ")]

    def url(self, database: str, *, user: str = "cmdb") -> str:
        return f"postgresql://{user}@/{database}?host={self.directory}&port={self.port}"

    def remote_url(self, database: str) -> str:
        """As from another machine: TCP, with TLS."""
        return f"postgresql://cmdb@127.0.0.1:{self.port}/{database}?sslmode=require"

    def execute(self, statement: str, *, database: str = "postgres") -> list[tuple]:
        url = self.url(database, user="postgres")
        with psycopg.connect(url, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []


@dataclasses.dataclass(frozen=True)
class Client:
    """Requests of one user; paths count from /api/v1 unless they begin with //."""

    base: str
    token: str | None = None

    def __call__(self, method: str, path: str, **options) -> requests.Response:
        url = self.base + (path[1:] if path.startswith("//") else f"/api/v1{path}")
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= options.pop("headers", {})
        return requests.request(method, url, headers=headers, timeout=DEADLINE_S, **options)

    def get(self, path: str, **params) -> requests.Response:
        return self("GET", path, params=params)

    def post(self, path: str, body: object) -> requests.Response:
        return self("POST", path, json=body)

    def patch(self, path: str, body: object) -> requests.Response:
        return self("PATCH", path, json=body)

    def delete(self, path: str) -> requests.Response:
        return self("DELETE", path)


@dataclasses.dataclass(frozen=True)
class Server:
    base: str
    tokens: dict[str, str]
    pid: int
    log: Path
    storage: Path
    database: str
    passwords: dict[str, str]

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        os.kill(self.pid, how)
        wait_until(lambda: not is_running(self.pid))

    def as_(self, user: str | None) -> Client:
        return Client(self.base, self.tokens[user] if user else None)

    @contextlib.contextmanager
    def browser_of(self, user: str) -> Iterator[requests.Session]:
        """A browser in which somebody has logged in."""
        with requests.Session() as session:
            form = {"username": user, "password": self.passwords[user]}
            session.post(f"{self.base}/login", data=form, allow_redirects=False, timeout=15)
            yield session


@dataclasses.dataclass(frozen=True)
class Seeded:
    """A database that nobody works in, with tokens and passwords that are valid in every clone."""

    database: str
    tokens: dict[str, str]
    passwords: dict[str, str]


def certificate(directory: Path) -> None:
    """Where PostgreSQL looks for it."""
    issued = trustme.CA().issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(str(directory / "server.key"))
    issued.cert_chain_pems[0].write_to_path(str(directory / "server.crt"))
    (directory / "server.key").chmod(0o600)


def answers(server: Server, path: str) -> bool:
    assert is_running(server.pid), server.log.read_text()
    return requests.get(server.base + path, timeout=DEADLINE_S).ok


def database_of(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")


def environment_for(database_url: str) -> dict[str, str]:
    return os.environ | {"REFCMDB_DATABASE_URL": database_url}


def refcmdb(
    *arguments: str, database_url: str = "", check: bool = True
) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "refcmdb", *arguments],
        env=environment_for(database_url),
        check=check,
        capture_output=True,
        text=True,
    )


@contextlib.contextmanager
def running(command: list, log: Path, *, stdin: int | None = None) -> Iterator[subprocess.Popen]:
    """A process that ends with the body; with a pipe to talk through its output is one too."""
    with log.open("wb") as output:
        stdout = output if stdin is None else subprocess.PIPE
        process = subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=output)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(DEADLINE_S)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until(ready: Callable[[], object], *expected: type[Exception]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while True:
        with contextlib.suppress(*expected):
            if ready():
                return
        assert time.monotonic() < deadline, "a service of the tests is not ready"
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
