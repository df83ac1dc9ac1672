"""Starting, watching and ending one container of the run."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pytest_cmdbguard.errors import ServiceDied, ServiceError, ServiceMissing, ServiceNotReady
from pytest_cmdbguard.services.inheritance import marked

from . import daemon

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from docker.models.containers import Container as Wrapped
    from testcontainers.core.container import DockerContainer

    from pytest_cmdbguard.services.run_directory import RunDirectory

    from .options import Options

POLL_S = 0.02
LAST_WORDS_S = 2.0
BRIDGE = "cmdbguard-{}"  # the run's network
WRITES = "it runs read-only: let tmpfs of [containers.run] name where it writes, or say read_only"
GONE = ("exited", "dead", "removing")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a container is started with.

    ``name`` is its host name on the run's network and that of its log, ``command`` follows the
    image's entrypoint (None: the image's own command). ``port`` is the one inside that is
    published on a free port of 127.0.0.1, ``ports`` are published under the same number.
    ``mounts`` are files and directories of this machine
    with their place inside and ``ro`` or ``rw``; ``files`` are mounted to be read; ``volumes`` are
    places that lie on a volume of its own, and the tar ``archives`` are unpacked in such.
    ``arguments`` are docker-py's for ``create``.
    """

    name: str
    image: str
    command: Sequence[str] | None = None
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    port: int | None = None
    ports: Sequence[int] = ()
    mounts: Mapping[Path, tuple[str, str]] = dataclasses.field(default_factory=dict)
    files: Mapping[str, bytes] = dataclasses.field(default_factory=dict)
    volumes: Sequence[str] = ()
    archives: Mapping[str, Path] = dataclasses.field(default_factory=dict)
    arguments: Mapping[str, Any] = dataclasses.field(default_factory=dict)


class Container:
    """A container of the run: labelled, on its network, its output in ``logs/NAME.log``."""

    def __init__(self, run: RunDirectory, plan: Plan, *, options: Options) -> None:
        """Make it and start it. Raises: ServiceMissing, ServiceError, ServiceNotReady."""
        self.run, self.plan = run, plan
        self.log = run.logs / f"{plan.name}.log"
        with contextlib.closing(daemon.connect(options.timeout_s)) as client:
            self.image_id = daemon.obtain(client, plan.image, service=plan.name, options=options)
        self._container = _described(run, plan, options)
        self._follower = threading.Thread(target=self._follow, daemon=True)
        try:
            self._require_open()
            with daemon.told(plan.name):
                self._container.start()
                self._wrapped.reload()
            self._require_open()
        except BaseException:
            self.stop()
            raise
        self._follower.start()

    @property
    def name(self) -> str:
        """How Docker calls it."""
        return str(self._wrapped.name)

    @property
    def pid(self) -> int | None:
        """Of its first process as this process counts; None where Docker counts otherwise."""
        return first_process(self._wrapped)

    @property
    def address(self) -> tuple[str, int]:
        """Where its port is published. Raises: ServiceError when it publishes none."""
        with daemon.told(self.plan.name):
            self._wrapped.reload()
        ports = self._wrapped.attrs["NetworkSettings"]["Ports"].get(f"{self.plan.port}/tcp")
        if not ports:
            raise ServiceError(self.plan.name, "ended before its port was published")
        return "127.0.0.1", int(ports[0]["HostPort"])

    def status(self) -> int | None:
        """The exit status, None while it runs. Raises: ServiceError, ServiceNotReady."""
        with daemon.told(self.plan.name):
            self._wrapped.reload()
        state = self._wrapped.attrs["State"]
        return int(state["ExitCode"]) if state["Status"] in GONE else None

    def execute(self, *argv: str) -> None:
        """Run a command in it. Raises: ServiceError with its last words."""
        with daemon.told(self.plan.name):
            code, said = self._wrapped.exec_run(list(argv))
        if code:
            words = bytes(cast("bytes", said)).decode("utf-8", "replace").strip()[-300:]
            raise ServiceError(self.plan.name, f"{argv[0]} ended with {code}: {words}")

    def put(self, archive: bytes | Iterable[bytes], *, at: str) -> None:
        """Unpack a tar archive in it. Raises: ServiceError."""
        with daemon.told(self.plan.name):
            self._wrapped.put_archive(at, archive)

    def fetch(self, place: str) -> Iterable[bytes]:
        """A file or directory of it as a tar archive, also when it has ended."""
        with daemon.told(self.plan.name):
            stream, _ = self._wrapped.get_archive(place, chunk_size=1 << 20)
        return stream

    def end_gracefully(self, within_s: int = 60) -> None:
        """End it gracefully and keep what it wrote, until :meth:`stop`."""
        with daemon.told(self.plan.name):
            self._wrapped.stop(timeout=within_s)

    def tail(self, lines: int = 20) -> str:
        """The last lines that it printed."""
        with contextlib.suppress(OSError), self.log.open(errors="replace") as log:
            return "\n".join(line.rstrip() for line in deque(log, lines) if line.strip())
        return ""

    def require_alive(self) -> None:
        """Return if it still runs. Raises: ServiceDied, ServiceError."""
        if self.pid is not None:  # asked after every check, and Docker takes its time
            return
        status = self.status()
        if status is not None:
            raise ServiceDied(self.plan.name, status=status, last_log=self.tail(1)[:300])

    def wait_ready[T](self, answer: Callable[[], T | None], *, timeout_s: float) -> T:
        """What the readiness query answers, as soon as that is not None.

        Raises: ServiceNotReady when the time is up or it ended.
        """
        begin = asked = time.monotonic()
        while (value := answer()) is None:
            now = time.monotonic()
            if now - asked > 10 * POLL_S:
                asked = now
                if (status := self.status()) is not None:
                    self._follower.join(LAST_WORDS_S)
                    raise self._failure(now - begin, f"it ended with status {status}")
            if now - begin > timeout_s:
                raise self._failure(now - begin, "raise timeout_s of [containers]")
            time.sleep(POLL_S)
        return value

    def stop(self) -> None:
        """End and remove it with its volumes; harmless when it is gone."""
        import docker  # noqa: PLC0415 - an extra

        if self._container._container is not None:  # noqa: SLF001 - it was never made
            with daemon.told(self.plan.name), contextlib.suppress(docker.errors.NotFound):
                with contextlib.suppress(docker.errors.APIError):  # it does not run
                    self._wrapped.kill()
                if self._follower.is_alive():
                    self._follower.join(LAST_WORDS_S)
                self._wrapped.remove(force=True, v=True)
        self._container.get_docker_client().client.close()

    @property
    def _wrapped(self) -> Wrapped:
        return self._container.get_wrapped_container()

    def _follow(self) -> None:
        follow(self._wrapped, self.log)

    def _require_open(self) -> None:
        if self.run.closed:
            problem, remedy = "the run is being stopped", "start another run"
            raise ServiceMissing(self.plan.name, problem, remedy=remedy)

    def _failure(self, waited_s: float, reason: str) -> ServiceNotReady:
        remedy = f"{reason}; its last words: {self.tail()}"
        if "read-only file system" in remedy.lower():
            remedy += f"\n{WRITES}"
        last = self.tail(1)[:300]
        self.stop()
        return ServiceNotReady(self.plan.name, waited_s=waited_s, last_log=last, remedy=remedy)


def first_process(container: Wrapped) -> int | None:
    """Of a container, as this process counts; None where it is gone or Docker counts otherwise."""
    pid = int(container.attrs["State"].get("Pid", 0))
    with contextlib.suppress(OSError):
        if pid and str(container.id) in Path(f"/proc/{pid}/cgroup").read_text():
            return pid
    return None


def follow(container: Wrapped, path: Path) -> None:
    """Append a container's output to a log while it runs."""
    import docker  # noqa: PLC0415 - an extra
    import requests  # noqa: PLC0415

    ended = (docker.errors.DockerException, requests.RequestException, OSError)
    with contextlib.suppress(*ended), path.open("ab", buffering=0) as log:
        for chunk in container.logs(stream=True, follow=True):
            log.write(chunk)


def _described(run: RunDirectory, plan: Plan, options: Options) -> DockerContainer:
    """The container as testcontainers starts it."""
    from docker.types import EndpointConfig, Mount  # noqa: PLC0415 - an extra

    from .unpacking import UnpackingContainer  # noqa: PLC0415

    daemon.require_ryuk_allowed()
    network = BRIDGE.format(run.id)
    arguments: dict[str, Any] = {"labels": daemon.labels(run), "platform": options.platform}
    arguments["mounts"] = [Mount(place, None) for place in plan.volumes]
    if "network_mode" not in plan.arguments:
        end = EndpointConfig("1.41", aliases=[plan.name])
        arguments |= {"network": network, "networking_config": {network: end}}
    described = UnpackingContainer(
        plan.image, docker_client_kw={"timeout": options.timeout_s}, name=f"{network}-{plan.name}"
    )
    if plan.command is not None:
        described.with_command(list(plan.command))
    described.with_envs(**plan.environment, **marked(run))
    for path, (place, mode) in {**plan.mounts, **_laid(run, plan)}.items():
        described.with_volume_mapping(path, place, mode)
    for place, archive in plan.archives.items():
        described.with_copy_into_container(archive, place)
    if plan.port:
        # a random port of the loopback interface, which with_bind_ports cannot say
        described.ports[f"{plan.port}/tcp"] = ("127.0.0.1", None)  # type: ignore[assignment]
    for port in plan.ports:
        described.ports[f"{port}/tcp"] = ("127.0.0.1", port)  # type: ignore[assignment] # as above
    arguments |= plan.arguments
    described.tmpfs.update(arguments.pop("tmpfs", {}))
    return described.with_kwargs(**arguments)


def _laid(run: RunDirectory, plan: Plan) -> dict[Path, tuple[str, str]]:
    """Its files, where it finds them: none can be copied to a root that is read-only."""
    directory = run.path / "files" / plan.name
    directory.mkdir(parents=True, exist_ok=True)
    mounts = {}
    for place, content in plan.files.items():
        path = directory / place.lstrip("/").replace("/", "-")
        path.write_bytes(content)
        path.chmod(0o444)  # whoever it runs as; nobody else passes the run's directory
        mounts[path] = (place, "ro")
    return mounts
