"""One running instance of the target, in a container."""

from __future__ import annotations

import contextlib
import shutil
from typing import TYPE_CHECKING

from pytest_cmdbguard.errors import ServiceError
from pytest_cmdbguard.services.cmdb import answers
from pytest_cmdbguard.services.inheritance import marked
from pytest_cmdbguard.services.watching import Watch

from . import daemon, mounts
from .container import Container, Plan
from .service import ContainerService

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_cmdbguard.services.run_directory import RunDirectory
    from pytest_cmdbguard.targets import Target

    from .options import Options


class ContainerCmdb(ContainerService):
    """A container of the target's image; ``base_url`` has no slash at its end.

    Output takes a moment from the container to ``log``: at most ``log_lag_s``.
    """

    log_lag_s = 0.05

    def __init__(
        self,
        run: RunDirectory,
        target: Target,
        *,
        name: str,
        options: Options,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Not started yet; ``name`` is that of its log file, unique in the run.

        ``environment`` overrules what the target says of its own.
        """
        self.run, self.target, self.name, self.options = run, target, name, options
        self._overruled = dict(environment or {})
        self.watch: Watch | None = Watch(run, name)
        self.log: Path | None = run.logs / f"{name}.log"
        self.database_url = self.redis_url = self.base_url = ""

    def start(self) -> None:
        """Start it and wait until its ready path answers 200.

        Raises: ServiceMissing, ServiceNotReady, ServiceError.
        """
        self._container = container = Container(self.run, self._plan(), options=self.options)
        host, port = container.address
        base_url = f"http://{host}:{port}"
        container.wait_ready(
            lambda: answers(base_url, self.target.ready_path), timeout_s=self.options.timeout_s
        )
        self.base_url = base_url

    @property
    def container_name(self) -> str:
        """How Docker calls it. Raises: ServiceError before it was started."""
        if self._container is None:
            raise ServiceError(self.name, "was not started")
        return self._container.name

    @property
    def own_places(self) -> frozenset[str]:
        """Where the run mounts what it looks inside with, and the storage that it brings."""
        given = {place for place, _ in self.options.run.volumes.values()}
        plan = self._container.plan if self._container else None
        places = {place for place, _ in plan.mounts.values()} if plan else set()
        return frozenset(places - given)

    @property
    def own_variables(self) -> frozenset[str]:
        """What of its environment the run sets, and no settings of a deployment."""
        given = self.options.run.environment
        plan = self._container.plan if self._container else None
        return frozenset({*(plan.environment if plan else ()), *marked(self.run)} - {*given})

    @property
    def pid(self) -> int | None:
        """Of its first process as this machine counts, None while there is none."""
        return self._container.pid if self._container else None

    def _plan(self) -> Plan:
        image = self.target.image or self.options.cmdb
        command, environment = self.target.command(
            port=self.target.port, database_url=self.database_url, redis_url=self.redis_url
        )
        given = self.options.run
        own = {**search_paths(image, self.options), **given.environment}
        environment = {**own, **environment, **self._overruled}
        # instances share the places inside, and have their own outside
        storage = self.run.path / "storage"
        shutil.rmtree(storage / self.name, ignore_errors=True)  # of one that is gone
        shared = {
            **given.volumes,
            **mounts.authorities(self.run),
            **mounts.writable(storage / self.name, inside=storage),
            **mounts.writable(self.run.temporary),
        }
        if self.watch:
            self.watch.lay()
            shared |= mounts.watched(self.watch)
            environment = self.watch.environment(environment)
        return Plan(
            name=self.name,
            image=image,
            command=command or None,
            environment=environment,
            port=self.target.port,
            mounts=shared,
            arguments=given.arguments,
        )


def search_paths(image: str, options: Options) -> dict[str, str]:
    """What the image itself says of the search paths, which are only added to."""
    with contextlib.closing(daemon.connect(options.timeout_s)) as client:
        daemon.obtain(client, image, service="the CMDB", options=options)
        with daemon.told(image):
            told = client.images.get(image).attrs["Config"].get("Env") or []
    kept = dict(line.split("=", 1) for line in told)
    return {name: kept.get(name, "") for name in ("PATH", "PYTHONPATH")}
