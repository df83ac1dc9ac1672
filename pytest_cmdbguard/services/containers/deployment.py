"""The whole of a compose file, brought up by testcontainers' DockerCompose for one run."""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
import time
from typing import TYPE_CHECKING, Any

from pytest_cmdbguard.errors import ServiceDied, ServiceError
from pytest_cmdbguard.services.cmdb import answers
from pytest_cmdbguard.services.front import shakes_hands
from pytest_cmdbguard.services.inheritance import marked
from pytest_cmdbguard.services.redis import NAME as REDIS
from pytest_cmdbguard.services.redis import said_version
from pytest_cmdbguard.services.relay import Relay
from pytest_cmdbguard.services.shared import Deployed
from pytest_cmdbguard.services.watching import Watch

from . import backends, compose, daemon, mounts
from .cmdb import search_paths
from .container import BRIDGE, first_process, follow

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from docker.models.containers import Container as Wrapped
    from testcontainers.compose import DockerCompose

    from pytest_cmdbguard.services.postgres import Postgres
    from pytest_cmdbguard.services.run_directory import RunDirectory
    from pytest_cmdbguard.targets import Target

    from .blueprint import Blueprint
    from .options import Options

INSTANCES = "cmdb-main"  # their watch, and their log


class Deployment:
    """Instances behind their balancer, with their own PostgreSQL and Redis."""

    name = "the deployment"
    origin = "seeded"
    details = "of the compose file"

    def __init__(
        self, run: RunDirectory, target: Target, *, options: Options, command: list[str] | None
    ) -> None:
        """Not started yet; with a ``command`` the instances get it instead of their own."""
        assert options.blueprint
        self.run, self.target, self.options = run, target, options
        self.blueprint: Blueprint = options.blueprint
        self.log: Path | None = None
        self.postgres: Postgres | None = None
        self.database = self.redis_url = self.inside_redis_url = self.redis_version = ""
        self.deployed: Deployed | None = None
        self._command = command
        self._relay: Relay | None = None
        self._compose: DockerCompose | None = None
        self._instances: list[Wrapped] = []

    def start(self, progress: Callable[[str], None], *, records: int) -> None:
        """Bring all of it up and seed it.

        Raises: ServiceMissing, ServiceNotReady, ServiceError, SettingsError.
        """
        begin = time.monotonic()
        watch = Watch(self.run, INSTANCES)
        watch.lay()
        made = self._bring_up(watch)
        with contextlib.closing(daemon.connect(self.options.timeout_s)) as client:
            found = {one.Service: client.containers.get(one.ID) for one in self._listed(made)}
            self._instances = [found[name] for name in self.blueprint.instances]
            self._follow()
            self._know_backends(found)
            self._know_ends(found[self.blueprint.balancer], client)
        took_s = time.monotonic() - begin
        told = f"{len(self._instances)} of the CMDB"
        progress(f"{self.blueprint.file.name} is up, {told}, {took_s:.1f} s")
        if self.postgres:
            self._seed(records, progress)

    def stop(self) -> None:
        """Take all of it down with its volumes; harmless when nothing was started."""
        relay, self._relay = self._relay, None
        if relay:
            relay.stop()
        made, self._compose = self._compose, None
        if made:
            with contextlib.suppress(subprocess.CalledProcessError, OSError):
                printed, _ = made.get_logs()
                (self.run.logs / "deployment.log").write_text(printed, encoding="utf-8")
            with contextlib.suppress(subprocess.CalledProcessError):  # the network's end follows
                made.stop()
        self._instances = []

    def require_alive(self) -> None:
        """Return if every instance still runs. Raises: ServiceDied, ServiceError."""
        for one in self._instances:
            if first_process(one) is None:
                with daemon.told(self.name):
                    one.reload()
                if one.status != "running":
                    status = int(one.attrs["State"]["ExitCode"])
                    raise ServiceDied(str(one.name), status=status, last_log="")

    def _bring_up(self, watch: Watch) -> DockerCompose:
        """Write the file as the run has it, and start it. Raises: ServiceError, ServiceMissing."""
        folder = self.run.path / "deployment"
        folder.mkdir()
        laid = {**mounts.watched(watch), **mounts.writable(self.run.temporary)}
        model = self.blueprint.drawn(
            network=BRIDGE.format(self.run.id),
            labels=daemon.labels(self.run),
            laid=laid,
            environment={
                **watch.environment(self._search_paths()),
                **self.target.unhurried,
                **marked(self.run),
            },
            command=self._command,
            pull=self.options.pull,
        )
        model["name"] = f"cmdbguard-{self.run.id}"
        file = folder / "compose.json"
        file.write_text(json.dumps(model), encoding="utf-8")
        file.chmod(0o600)
        self._compose = made = compose.composition(file, within_s=self.options.timeout_s)
        try:
            made.start()
        except subprocess.CalledProcessError as error:
            said = error.stderr.decode("utf-8", "replace").strip().splitlines()
            raise ServiceError(self.name, f"Compose says: {' '.join(said[-2:])}") from None
        return made

    def _listed(self, made: DockerCompose) -> list[Any]:
        found: list[Any] = made.get_containers()
        running = {one.Service for one in found}
        for name in (*self.blueprint.instances, self.blueprint.balancer):
            if name not in running:
                raise ServiceError(self.name, f"service {name} does not run")
        return found

    def _search_paths(self) -> dict[str, str]:
        """Those that the file or the image has, which are only added to."""
        service = self.blueprint.model["services"][self.blueprint.instances[0]]
        found = search_paths(self.options.cmdb, self.options)
        own = service.get("environment") or {}
        return {name: own.get(name) or path for name, path in found.items()}

    def _follow(self) -> None:
        """All instances into one log, as one service writes it."""
        self.log = self.run.logs / f"{INSTANCES}.log"
        for one in self._instances:
            threading.Thread(target=follow, args=(one, self.log), daemon=True).start()

    def _know_backends(self, found: Mapping[str, Wrapped]) -> None:
        plan, within_s = self.blueprint, self.options.timeout_s
        if plan.postgres:
            server = found[plan.postgres]
            self.postgres = backends.postgres_of(server, plan, within_s=within_s)
            self.database = self.postgres.maintenance
        if plan.redis:
            self.redis_url, self.inside_redis_url = backends.redis_urls(found[plan.redis], plan)
            self.redis_version = self._wait(lambda: said_version(self.redis_url), REDIS)

    def _know_ends(self, balancer: Wrapped, client: Any) -> None:  # noqa: ANN401 - docker-py's
        """Which of its ports speaks TLS, and a way through it for probes."""
        ports = [backends.published(balancer, port) for port in self.blueprint.ports]
        name = self.options.host_name
        secure = next((port for port in ports if shakes_hands(port, name)), None)
        plain = next((port for port in ports if port != secure), None)
        if secure:
            self._relay = Relay(secure, host_name=name)
            self._relay.start()
        base_url = f"http://127.0.0.1:{self._relay.port if self._relay else plain}"
        self._wait(lambda: answers(base_url, self.target.ready_path), self.name)
        pids = [first_process(one) for one in self._instances]
        self.deployed = Deployed(
            base_url=base_url,
            https=f"127.0.0.1:{secure}" if secure else "",
            http=f"127.0.0.1:{plain}" if plain else "",
            containers=tuple(str(one.name) for one in self._instances),
            processes=tuple(pid for pid in pids if pid),
            storage=tuple(sorted(self._storage(client))),
        )

    def _storage(self, client: Any) -> set[str]:  # noqa: ANN401 - docker-py's
        """Where the volumes of the instances lie on this machine."""
        names = {
            mount["Name"]
            for one in self._instances
            for mount in one.attrs["Mounts"]
            if mount["Type"] == "volume"
        }
        return {client.volumes.get(name).attrs["Mountpoint"] for name in names}

    def _seed(self, records: int, progress: Callable[[str], None]) -> None:
        assert self.postgres
        begin = time.monotonic()
        self.target.seed(self.postgres.url(self.database), records)
        with self.postgres.connect(self.database) as connection:
            connection.execute("VACUUM (ANALYZE)")
        took_s = time.monotonic() - begin
        progress(f"{self.target.name} seeded with {records:,} records, {took_s:.1f} s")

    def _wait[T](self, answer: Callable[[], T | None], service: str) -> T:
        return backends.wait(answer, service, within_s=self.options.timeout_s)
