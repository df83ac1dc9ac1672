"""The whole of a compose file, brought up by testcontainers' DockerCompose for one run."""

from __future__ import annotations

import contextlib
import json
import secrets
import subprocess
import threading
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from pytest_cmdbguard.errors import ServiceDied, ServiceError, ServiceNotReady, SettingsError
from pytest_cmdbguard.services.cluster_settings import ADMIN
from pytest_cmdbguard.services.cmdb import answers
from pytest_cmdbguard.services.front import shakes_hands
from pytest_cmdbguard.services.inheritance import marked
from pytest_cmdbguard.services.postgres import Login, Postgres
from pytest_cmdbguard.services.redis import NAME as REDIS
from pytest_cmdbguard.services.redis import said_version
from pytest_cmdbguard.services.relay import Relay
from pytest_cmdbguard.services.shared import Deployed
from pytest_cmdbguard.services.telemetry import NAME as POSTGRES
from pytest_cmdbguard.services.watching import Watch

from . import compose, daemon, mounts
from .blueprint import POSTGRES_PORT, POSTGRES_SCHEMES, REDIS_PORT, REDIS_SCHEMES, Blueprint
from .container import BRIDGE, first_process, follow
from .postgres import answered_version

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from docker.models.containers import Container as Wrapped

    from pytest_cmdbguard.services.run_directory import RunDirectory
    from pytest_cmdbguard.targets import Target

    from .options import Options

INSTANCES = "cmdb-main"  # their watch, and their log
POLL_S = 0.1


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
        self._compose: Any = None
        self._instances: list[Wrapped] = []

    def start(self, progress: Callable[[str], None], *, records: int) -> None:
        """Bring all of it up and seed it.

        Raises: ServiceMissing, ServiceNotReady, ServiceError, SettingsError.
        """
        begin = time.monotonic()
        watch = Watch(self.run, INSTANCES)
        watch.lay()
        self._bring_up(watch)
        with contextlib.closing(daemon.connect(self.options.timeout_s)) as client:
            found = {one.Service: client.containers.get(one.ID) for one in self._listed()}
            self._instances = [found[name] for name in self.blueprint.instances]
            self._follow()
            self._know_postgres(found)
            self._know_redis(found)
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

    def _bring_up(self, watch: Watch) -> None:
        """Write the file as the run has it, and start it. Raises: ServiceError, ServiceMissing."""
        folder = self.run.path / "deployment"
        folder.mkdir()
        laid = {**mounts.watched(watch), **mounts.writable(self.run.temporary)}
        model = self.blueprint.drawn(
            network=BRIDGE.format(self.run.id),
            labels=daemon.labels(self.run),
            laid=laid,
            environment={
                **watch.environment(self._image_environment()),
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
        self._compose = _composition(file, within_s=self.options.timeout_s)
        try:
            self._compose.start()
        except subprocess.CalledProcessError as error:
            said = error.stderr.decode("utf-8", "replace").strip().splitlines()
            raise ServiceError(self.name, f"Compose says: {' '.join(said[-2:])}") from None

    def _listed(self) -> list[Any]:
        found: list[Any] = self._compose.get_containers()
        running = {one.Service for one in found}
        for name in (*self.blueprint.instances, self.blueprint.balancer):
            if name not in running:
                raise ServiceError(self.name, f"service {name} does not run")
        return found

    def _image_environment(self) -> dict[str, str]:
        """The search paths that the file or the image has, which are only added to."""
        with contextlib.closing(daemon.connect(self.options.timeout_s)) as client:
            daemon.obtain(client, self.options.cmdb, service="the CMDB", options=self.options)
            told = client.images.get(self.options.cmdb).attrs["Config"].get("Env") or []
        service = self.blueprint.model["services"][self.blueprint.instances[0]]
        kept = dict(line.split("=", 1) for line in told) | (service.get("environment") or {})
        return {name: kept.get(name) or "" for name in ("PATH", "PYTHONPATH")}

    def _follow(self) -> None:
        """All instances into one log, as one service writes it."""
        self.log = self.run.logs / f"{INSTANCES}.log"
        for one in self._instances:
            threading.Thread(target=follow, args=(one, self.log), daemon=True).start()

    def _require_url(self, role: str, schemes: tuple[str, ...]) -> SplitResult:
        """How the instances reach it. Raises: SettingsError where nobody knows."""
        if url := self.blueprint.url(schemes):
            return urlsplit(url)
        remedy = (
            f"no variable and no secret of {self.blueprint.instances[0]} is a {schemes[0]}:// URL;"
            f" hand one over, or leave {role} out, and nothing is seen of it"
        )
        key, value = f"containers.services.{role}", getattr(self.blueprint, role)
        raise SettingsError(key, value, source="cmdbguard.toml", remedy=remedy)

    def _know_postgres(self, found: Mapping[str, Wrapped]) -> None:
        """A superuser of the run's own, made through the server's own socket."""
        if not self.blueprint.postgres:
            return
        parts = self._require_url("postgres", POSTGRES_SCHEMES)
        container = found[self.blueprint.postgres]
        admin = Login(
            user=ADMIN,
            password=secrets.token_urlsafe(24),
            host="127.0.0.1",
            port=_published(container, POSTGRES_PORT),
        )
        told = (line.partition("=") for line in container.attrs["Config"]["Env"])
        user = {name: text for name, _, text in told}.get("POSTGRES_USER", "postgres")
        statement = f"CREATE ROLE {ADMIN} SUPERUSER LOGIN PASSWORD '{admin.password}'"
        words = ["psql", "--quiet", "--no-psqlrc", "--username", user, "--dbname", "postgres"]
        self._wait(lambda: _executes(container, [*words, "--command", statement]), POSTGRES)
        self.database = parts.path.strip("/")
        app = Login(
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            host=self.blueprint.postgres,
            port=POSTGRES_PORT,
            parameters={k: v for k, v in parse_qsl(parts.query) if k != "host"},
        )
        version = self._wait(lambda: answered_version(admin.url(self.database)), POSTGRES)
        self.postgres = Postgres(admin=admin, app=app, version=version, maintenance=self.database)

    def _know_redis(self, found: Mapping[str, Wrapped]) -> None:
        if not self.blueprint.redis:
            return
        parts = self._require_url("redis", REDIS_SCHEMES)
        told = dict(parse_qsl(parts.query))
        if parts.scheme == "unix":
            parts = SplitResult("redis", parts.netloc, told.get("db", "0"), "", "")
        # whom it trusts is the business of a check; paths of authorities are good inside only
        query = "ssl_cert_reqs=none&ssl_check_hostname=false" if parts.scheme == "rediss" else ""
        parts = parts._replace(query=query)
        whose, at, _ = parts.netloc.rpartition("@")
        port = _published(found[self.blueprint.redis], REDIS_PORT)
        inside = parts._replace(netloc=f"{whose}{at}{self.blueprint.redis}:{REDIS_PORT}")
        self.inside_redis_url = inside.geturl()
        self.redis_url = parts._replace(netloc=f"{whose}{at}127.0.0.1:{port}").geturl()
        self.redis_version = self._wait(lambda: said_version(self.redis_url), REDIS)

    def _know_ends(self, balancer: Wrapped, client: Any) -> None:  # noqa: ANN401 - docker-py's
        """Which of its ports speaks TLS, and a way through it for probes."""
        ports = [_published(balancer, port) for port in self.blueprint.ports]
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
        begin = time.monotonic()
        while (value := answer()) is None:
            waited_s = time.monotonic() - begin
            if waited_s > self.options.timeout_s:
                remedy = "look at its health check, or raise timeout_s of [containers]"
                raise ServiceNotReady(service, waited_s=waited_s, last_log="", remedy=remedy)
            time.sleep(POLL_S)
        return value


def _composition(file: Path, *, within_s: int) -> Any:  # noqa: ANN401 - of an extra
    """DockerCompose with the program that is here, which waits so long."""
    from testcontainers.compose import DockerCompose  # noqa: PLC0415 - an extra

    class Composition(DockerCompose):
        @cached_property
        def compose_command_property(self) -> list[str]:
            return [*compose.program(), "--file", str(file)]

        def start(self) -> None:
            words = ["up", "--wait", "--wait-timeout", str(within_s)]
            self._run_command(cmd=[*self.compose_command_property, *words])

    return Composition(file.parent)


def _published(container: Wrapped, port: int) -> int:
    """Where a port of it is on 127.0.0.1. Raises: ServiceError when it is nowhere."""
    told = container.attrs["NetworkSettings"]["Ports"].get(f"{port}/tcp")
    if not told:
        raise ServiceError(str(container.name), f"its port {port} could not be published")
    return int(told[0]["HostPort"])


def _executes(container: Wrapped, argv: list[str]) -> bool | None:
    with daemon.told(str(container.name)):
        code, _ = container.exec_run(argv)
    return code == 0 or None
