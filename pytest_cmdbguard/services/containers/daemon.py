"""The Docker daemon of this machine: reaching it, its images, and what dead runs left there."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_cmdbguard.errors import ServiceError, ServiceMissing, ServiceNotReady

if TYPE_CHECKING:
    from collections.abc import Iterator

    import docker

    from pytest_cmdbguard.services.run_directory import RunDirectory

    from .options import Options

NAME = "Docker"
SOCKET = "unix:///var/run/docker.sock"
LABEL = "cmdbguard.run"
OWNER = "cmdbguard.owner"  # a path that is gone once the run is
ELSEWHERE = "use --cmdbguard-services embedded, which needs no Docker"
FULL = "no space left on device"
_pulling = threading.Lock()
_ryuk = threading.Event()


def connect(timeout_s: int) -> docker.DockerClient:
    """A client of the daemon that testcontainers uses, which answers.

    Raises: ServiceMissing in one line: no package, no daemon, or one on another machine.
    """
    try:
        from testcontainers.core import docker_client  # noqa: PLC0415 - an extra
    except ImportError:
        problem = "the package testcontainers is not installed"
        remedy = f"pip install 'pytest-cmdbguard[containers]', or {ELSEWHERE}"
        raise ServiceMissing(NAME, problem, remedy=remedy) from None
    import docker  # noqa: PLC0415 - comes with testcontainers
    import requests  # noqa: PLC0415

    try:
        _probe(docker_client.get_docker_host() or SOCKET, timeout_s)
        client = docker_client.DockerClient(timeout=timeout_s).client
        client.ping()
    except (docker.errors.DockerException, requests.RequestException, OSError) as error:
        problem = f"no daemon answers here ({_first_line(error)})"
        remedy = f"start it and let this user reach its socket, or {ELSEWHERE}"
        raise ServiceMissing(NAME, problem, remedy=remedy) from None
    return client


def socket_path() -> str:
    """Where the daemon listens that testcontainers uses."""
    from testcontainers.core import docker_client  # noqa: PLC0415 - an extra

    return (docker_client.get_docker_host() or SOCKET).removeprefix("unix://")


@contextlib.contextmanager
def told(service: str) -> Iterator[None]:
    """What the daemon refuses or does not do in time becomes an error that names the service.

    Raises: ServiceError, ServiceNotReady.
    """
    import docker  # noqa: PLC0415 - an extra
    import requests  # noqa: PLC0415

    try:
        yield
    except (docker.errors.DockerException, requests.ConnectionError) as error:
        if "timed out" in str(error).lower():
            raise _slow(service, error) from None
        words = str(getattr(error, "explanation", None) or error).strip()
        if FULL in words:
            words += "; make room where Docker keeps its data (docker system df)"
        raise ServiceError(service, f"Docker says: {words}") from None
    except requests.Timeout as error:
        raise _slow(service, error) from None


def obtain(client: docker.DockerClient, image: str, *, service: str, options: Options) -> str:
    """The id of an image; it is pulled as ``options.pull`` says.

    Raises: ServiceMissing when it is not to be had, ServiceError, ServiceNotReady.
    """
    import docker  # noqa: PLC0415 - an extra

    with _pulling, told(service):
        found = None
        with contextlib.suppress(docker.errors.ImageNotFound):
            found = client.images.get(image)
        if options.pull == "always" or (found is None and options.pull == "missing"):
            try:
                found = client.images.pull(*_repository(image), platform=options.platform)
            except docker.errors.APIError as error:
                raise _not_there(service, image, _first_line(error)) from None
        if found is None:
            raise _not_there(service, image, 'pull = "never"')
        return str(found.id)


def labels(run: RunDirectory | None) -> dict[str, str]:
    """What everything of a run carries, so that it can be found again."""
    if run is None:
        return {LABEL: "none", OWNER: f"/proc/{os.getpid()}"}
    return {LABEL: run.id, OWNER: str(run.path)}


def remove(client: docker.DockerClient, run_id: str) -> list[str]:
    """Remove containers, networks and volumes of a run; their names."""
    return _remove(client, {"label": f"{LABEL}={run_id}"}, all_of_them=True)


def sweep(client: docker.DockerClient) -> list[str]:
    """Remove what runs left whose directory is gone: they were killed. Returns their names."""
    return _remove(client, {"label": LABEL}, all_of_them=False)


def allow_ryuk(client: docker.DockerClient, options: Options) -> None:
    """Let this process start testcontainers' Ryuk, where it is not forbidden and can be had.

    Ryuk removes at once what a killed run left; without it the next run's sweep does. It goes with
    the connection of the process that started it, so only the one that owns the run has it.
    """
    from testcontainers.core.config import testcontainers_config as config  # noqa: PLC0415

    with contextlib.suppress(ServiceError):
        if not config.ryuk_disabled:
            obtain(client, config.ryuk_image, service="Ryuk", options=options)
            _ryuk.set()


def require_ryuk_allowed() -> None:
    """Switch Ryuk off in this process unless :func:`allow_ryuk` found that it can run."""
    from testcontainers.core.config import testcontainers_config as config  # noqa: PLC0415

    config.ryuk_disabled = config.ryuk_disabled or not _ryuk.is_set()


def _remove(
    client: docker.DockerClient, filters: dict[str, Any], *, all_of_them: bool
) -> list[str]:
    import docker  # noqa: PLC0415 - an extra

    removed = []
    with told(NAME):
        kinds: tuple[tuple[list[Any], dict[str, bool]], ...] = (
            (
                client.containers.list(all=True, filters=filters, ignore_removed=True),
                {"force": True, "v": True},
            ),
            (client.networks.list(filters=filters), {}),
            (client.volumes.list(filters=filters), {"force": True}),
        )
        for found, how in kinds:
            for one in found:
                if all_of_them or not Path(_owner(one)).exists():
                    # somebody else may be removing it at this moment
                    with contextlib.suppress(docker.errors.NotFound, docker.errors.APIError):
                        one.remove(**how)
                        removed.append(str(one.name))
    return removed


def _owner(one: Any) -> str:  # noqa: ANN401 - a container, a network or a volume
    kept = one.attrs.get("Config") or one.attrs
    return str((kept.get("Labels") or {}).get(OWNER, "/"))


def _probe(place: str, timeout_s: int) -> None:
    """See that somebody listens: docker-py forgets a socket on which nobody does.

    Raises: ServiceMissing when it is no socket of this machine: ports and mounts are ours only
    when the daemon is here. OSError when nobody listens.
    """
    if not place.startswith("unix://"):
        problem = f"the daemon at {place} is not known to be on this machine"
        remedy = f"let DOCKER_HOST name a Unix socket, or {ELSEWHERE}"
        raise ServiceMissing(NAME, problem, remedy=remedy)
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(timeout_s)
        probe.connect(place.removeprefix("unix://"))


def _repository(image: str) -> tuple[str, str | None]:
    """Name and tag; docker-py would pull every tag of a name without one."""
    if "@" in image:
        return image, None
    name, colon, tag = image.rpartition(":")
    return (name, tag) if colon and "/" not in tag else (image, "latest")


def _not_there(service: str, image: str, reason: str) -> ServiceMissing:
    remedy = "pull or build it, or name another one in [containers] of cmdbguard.toml"
    return ServiceMissing(service, f"there is no image {image} ({reason})", remedy=remedy)


def _slow(service: str, error: Exception) -> ServiceNotReady:
    said = re.search(r"timeout=([\d.]+)", str(error))
    waited_s = float(said[1]) if said else 0.0
    remedy = "Docker did not answer in that time; look at its load and disk, or raise timeout_s"
    return ServiceNotReady(service, waited_s=waited_s, last_log="", remedy=remedy)


def _first_line(error: Exception) -> str:
    words = str(getattr(error, "explanation", None) or error).strip()
    return words.splitlines()[0][:200] if words else type(error).__name__
