"""One running instance of the target."""

from __future__ import annotations

import http.client
import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pytest_cmdbguard.errors import ServiceMissing

from .ports import on_free_port
from .process import Command, Process
from .watching import Watch

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_cmdbguard.targets import Target

    from .run_directory import RunDirectory

START_WITHIN_S = 180.0  # a large Django application on a busy machine takes more than a minute


class Cmdb:
    """A process of the target on a port of its own; ``base_url`` has no slash at its end."""

    log_lag_s = 0.0  # it writes its log itself

    def __init__(
        self,
        run: RunDirectory,
        target: Target,
        *,
        name: str = "cmdb",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Not started yet; ``name`` is that of its log file, unique in the run.

        ``environment`` overrules what the target says of its own.
        """
        self.run, self.target, self.name = run, target, name
        self._overruled = dict(environment or {})
        self.watch: Watch | None = Watch(run, name)
        self.log: Path | None = run.logs / f"{name}.log"
        self.database_url = self.redis_url = self.base_url = ""
        self._process: Process | None = None

    def start(self) -> None:
        """Start it and wait until its ready path answers 200.

        Raises: ServiceMissing, ServiceNotReady.
        """
        self.base_url = on_free_port(self._start)

    def stop(self) -> None:
        """End it and what it started."""
        process, self._process = self._process, None
        if process:
            process.stop()

    @property
    def pid(self) -> int | None:
        """Of its process, None while there is none."""
        return self._process.pid if self._process else None

    def require_alive(self) -> None:
        """Return if it still runs. Raises: ServiceDied."""
        if self._process:
            self._process.require_alive()

    def _start(self, port: int) -> str:
        argv, environment = self.target.command(
            port=port, database_url=self.database_url, redis_url=self.redis_url
        )
        environment = {**environment, **self._overruled}
        if self.watch:
            self.watch.lay()
            environment = self.watch.environment(environment)
        command = Command(
            name=self.name, argv=argv, environment=environment, directory=self.target.directory
        )
        self._process = Process(self.run, command)
        ready = self.target.ready_path
        base_url = f"http://127.0.0.1:{port}"
        self._process.wait_ready(lambda: answers(base_url, ready), timeout_s=START_WITHIN_S)
        return base_url


class RunningCmdb:
    """An instance that somebody else runs."""

    log: Path | None = None
    log_lag_s = 0.0
    watch: Watch | None = None
    pid: int | None = None

    def __init__(self, target: Target) -> None:
        """The one at ``target.running``."""
        self.target, self.name = target, target.name
        self.base_url = target.running or ""

    def start(self) -> None:
        """Ask its ready path. Raises: ServiceMissing when that does not answer 200."""
        if not answers(self.base_url, self.target.ready_path):
            raise ServiceMissing(
                self.name,
                f"{self.base_url}{self.target.ready_path} does not answer 200",
                remedy="start the service, or correct url and ready in cmdbguard.toml",
            )

    def stop(self) -> None:
        """Leave it alone."""

    def require_alive(self) -> None:
        """Return if it answers. Raises: ServiceMissing."""
        self.start()


def answers(base_url: str, path: str) -> bool | None:
    """True for status 200, None for anything else and for nobody."""
    parts = urlsplit(base_url)
    connection: http.client.HTTPConnection
    if parts.scheme == "https":  # it is asked whether it is up, not whom it trusts
        connection = http.client.HTTPSConnection(
            parts.netloc,
            timeout=5,
            context=ssl._create_unverified_context(),  # noqa: S323, SLF001 - no certificate is asked for
        )
    else:
        connection = http.client.HTTPConnection(parts.netloc, timeout=5)
    try:
        connection.request("GET", parts.path + path)
        return connection.getresponse().status == http.client.OK or None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
