"""All services of a run, started side by side and ended together."""

from __future__ import annotations

import dataclasses
import functools
import json
import shutil
import threading
import time
from typing import TYPE_CHECKING, Any, Protocol

from pytest_cmdbguard.errors import GuardError
from pytest_cmdbguard.interrupts import uninterrupted

from . import zap_daemon, zap_state
from .background import Task
from .containers.deployment import Deployment
from .containers.network import RunNetwork
from .containers.options import Options
from .containers.postgres import ContainerCluster
from .containers.redis import ContainerRedis
from .containers.zap import ContainerZap
from .embedded import EmbeddedDatabase
from .external import ExternalDatabase
from .inheritance import marked
from .redis import EmbeddedRedis, ExternalRedis
from .run_directory import RunDirectory, sweep
from .shared import Shared

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pytest_cmdbguard.settings import Settings
    from pytest_cmdbguard.targets import Target

    from .zap import Zap

TASK_ENDS_S = 2.0  # what tasks work on is gone then, so they end by themselves


class Alive(Protocol):
    """A service as far as its end is concerned."""

    def stop(self) -> None:
        """End it."""

    def require_alive(self) -> None:
        """Return if it still runs. Raises: ServiceDied."""


class Environment:
    """The services that a run shares: PostgreSQL with the data, Redis, and ZAP."""

    def __init__(
        self, settings: Settings, target: Target, progress: Callable[[str], None]
    ) -> None:
        """Nothing is started yet; ``progress`` gets one line per stage, from one thread a time."""
        self.settings, self.target = settings, target
        self._told, self._lock = progress, threading.Lock()
        self._run: RunDirectory | None = None
        self._services: list[Alive] = []
        self._tasks: list[Task[Any]] = []

    def start(self) -> Shared:
        """Start PostgreSQL and Redis, and wait for them; ZAP goes on starting beside.

        Raises: GuardError; :meth:`stop` must be called then, too.
        """
        begin = time.monotonic()
        if swept := sweep():
            self._progress(f"swept what {len(swept)} dead runs had left")
        with uninterrupted():  # or the directory is there and nobody knows
            self._run = run = RunDirectory.create()
        self.target.environment = marked(run)
        if self._contained:
            self._start_network(run)
        state = self._begin_zap(run)
        writing = self._begin(lambda: self._write_document(run))
        if self._contained and self._options.blueprint:
            return self._start_deployment(run, writing, state, begin)
        starting = self._begin(lambda: self._start_redis(run))
        seeding = self._begin(lambda: self._start_database(run))
        document, redis_urls = writing.result(), starting.result()  # the quick ones fail first
        database = seeding.result()
        shared = Shared(
            run_directory=run.path,
            postgres=database.postgres if database else None,
            template=database.template if database else "",
            database=getattr(database, "database", ""),
            prefix=database.prefix if database else "",
            redis_url=redis_urls[0],
            app_redis_url=redis_urls[1],
            document=document,
            zap_state=state,
        )
        return dataclasses.replace(shared, details=self._details(shared, database, begin))

    def _start_deployment(
        self, run: RunDirectory, writing: Task[Path], state: Path | None, begin: float
    ) -> Shared:
        """The target with its own PostgreSQL and Redis. Raises: GuardError."""
        command = None
        if self.settings.fault:
            command, _ = self.target.command(port=self.target.port, database_url="", redis_url="")
        deployment = Deployment(run, self.target, options=self._options, command=command)
        self._services.append(deployment)
        deployment.start(self._progress, records=self.settings.records)
        shared = Shared(
            run_directory=run.path,
            postgres=deployment.postgres,
            template="",
            database=deployment.database,
            prefix="",
            redis_url=deployment.redis_url,
            app_redis_url=deployment.inside_redis_url,
            document=writing.result(),
            zap_state=state,
            deployed=deployment.deployed,
        )
        known = deployment if deployment.postgres else None
        details = self._details(shared, known, begin)
        if deployment.redis_version:
            details["redis"] = deployment.redis_version
        return dataclasses.replace(shared, details=details)

    def stop(self, *, keep_logs_in: Path | None = None) -> None:
        """End everything that was started, and delete the run's directory.

        Safe at any moment and any number of times. The services' logs are copied to
        ``keep_logs_in`` before, when that is given.
        """
        run, self._run = self._run, None
        if run is None:
            return
        run.close()
        for service in reversed(self._services):
            self._quietly(service.stop)
        run.end_processes()
        for task in self._tasks:  # ZAP's is not among them: a download writes to the cache only
            task.wait(TASK_ENDS_S)
        if keep_logs_in:
            self._quietly(lambda: shutil.copytree(run.logs, keep_logs_in, dirs_exist_ok=True))
        run.remove()

    def require_alive(self) -> None:
        """Return if every started service still runs. Raises: ServiceDied."""
        for service in list(self._services):
            service.require_alive()

    def _begin[T](self, function: Callable[[], T]) -> Task[T]:
        task = Task(function)
        self._tasks.append(task)
        return task

    def _begin_zap(self, run: RunDirectory) -> Path | None:
        if self.settings.zap == "off":
            return None
        state = run.path / "zap.json"
        Task(lambda: zap_state.report(state, lambda: self._start_zap(run)))
        return state

    def _start_zap(self, run: RunDirectory) -> Zap:
        table = self.settings.table("services", "zap")
        if self.settings.zap != "auto":
            zap = zap_daemon.external(self.settings.zap, table=table)
            self._progress(f"ZAP {zap.version} {zap.level} answers")
            return zap
        begin = time.monotonic()
        daemon = (
            ContainerZap(run, options=self._options)
            if self._contained
            else zap_daemon.ZapDaemon(run, table=table)
        )
        self._services.append(daemon)
        zap = daemon.start()
        took_s = time.monotonic() - begin
        self._progress(f"ZAP {zap.version} {zap.level} ready, {took_s:.1f} s")
        return zap

    def _start_network(self, run: RunDirectory) -> None:
        network = RunNetwork(run, options=self._options)
        self._services.append(network)
        network.start(self._progress)

    def _start_redis(self, run: RunDirectory) -> tuple[str, str]:
        """Its URL for this process, and for the target."""
        table = self.settings.table("services", "redis")
        if self.target.running and "url" not in table:
            return "", ""
        begin = time.monotonic()
        redis = self._redis(run, table)
        self._services.append(redis)
        redis.start()
        self._progress(f"{redis.version} ready, {time.monotonic() - begin:.1f} s")
        if isinstance(redis, ContainerRedis) and self.target.image:
            return redis.url(0), redis.inside_url(0)
        return redis.url(0), redis.url(0)

    def _redis(
        self, run: RunDirectory, table: Mapping[str, object]
    ) -> EmbeddedRedis | ExternalRedis | ContainerRedis:
        if self._external:
            return ExternalRedis(table)
        return (
            ContainerRedis(run, options=self._options) if self._contained else EmbeddedRedis(run)
        )

    def _start_database(self, run: RunDirectory) -> EmbeddedDatabase | ExternalDatabase | None:
        if self.target.running and "url" not in self.settings.table("services", "postgres"):
            return None
        database = self._database(run)
        self._services.append(database)
        database.start(self._progress)
        return database

    def _database(self, run: RunDirectory) -> EmbeddedDatabase | ExternalDatabase:
        if self._external:
            return ExternalDatabase(run, settings=self.settings, target=self.target)
        cluster = None
        if self._contained:
            inside = self.target.image is not None
            cluster = ContainerCluster(run, options=self._options, inside=inside)
        return EmbeddedDatabase(run, settings=self.settings, target=self.target, cluster=cluster)

    @property
    def _contained(self) -> bool:
        return self.settings.services == "containers" and not self._external

    @functools.cached_property
    def _options(self) -> Options:
        return Options.read(self.settings)

    @property
    def _external(self) -> bool:
        return self.settings.services == "external" or self.target.running is not None

    def _write_document(self, run: RunDirectory) -> Path:
        path = run.path / "document.json"
        path.write_text(json.dumps(self.target.document()), encoding="utf-8")
        return path

    def _details(
        self,
        shared: Shared,
        database: EmbeddedDatabase | ExternalDatabase | Deployment | None,
        begin: float,
    ) -> dict[str, str]:
        found = {
            "target": f"{self.target.name} {self.target.version}",
            "records": f"{self.settings.records:,}",
            "services": self.settings.services,
            "seconds": f"{time.monotonic() - begin:.1f}",
            "zap": "off" if shared.zap_state is None else "starting",
        }
        if database and shared.postgres:
            found["data"] = "as it is" if self.target.running else database.origin
            found["postgres"] = shared.postgres.version_text
            found["durability"] = database.details
        for service in self._services:
            if isinstance(service, EmbeddedRedis | ExternalRedis | ContainerRedis):
                found["redis"] = service.version
        return found

    def _progress(self, line: str) -> None:
        with self._lock:
            self._told(line)

    def _quietly(self, stop: Callable[[], object]) -> None:
        """The end of one service must not keep the others alive."""
        try:
            stop()
        except (GuardError, OSError) as error:
            self._progress(f"while stopping: {error}")
