"""Compose files, read by Docker Compose itself: with its anchors, includes and extensions."""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_cmdbguard.errors import ServiceError, ServiceMissing
from pytest_cmdbguard.services.inheritance import inherited

if TYPE_CHECKING:
    from testcontainers.compose import DockerCompose

NAME = "Docker Compose"
WITHIN_S = 60.0


@functools.cache
def program() -> list[str]:
    """The command: of this environment, Docker's plugin, or on PATH. Raises: ServiceMissing."""
    beside = shutil.which("docker-compose", path=str(Path(sys.executable).parent))
    for command in ([beside or ""], ["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]) and _is_new(command):
            return command
    remedy = "pip install 'pytest-cmdbguard[containers]', or install docker-compose-plugin"
    raise ServiceMissing(NAME, "there is no docker compose (2.24 or newer) here", remedy=remedy)


def services(path: Path) -> dict[str, dict[str, Any]]:
    """The services of a file by name, with variables as they stand there. Raises: as `model`."""
    found: dict[str, dict[str, Any]] = model(path, filled=False).get("services", {})
    return found


def model(path: Path, *, filled: bool = True) -> dict[str, Any]:
    """All of a file, as Compose understands it; it reads its own output again.

    Variables stay as they are, or are ``filled`` from the environment as for a start.
    Raises: ServiceMissing, ServiceError with what is wrong in the file.
    """
    words = ["--file", str(path), "config", "--format", "json"]
    finished = _run([*program(), *words, *([] if filled else ["--no-interpolate"])], filled=filled)
    if finished.returncode:
        said = (finished.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise ServiceError(NAME, f"{path} cannot be read: {said}")
    found: dict[str, Any] = json.loads(finished.stdout)
    return found


def composition(file: Path, *, within_s: int) -> DockerCompose:
    """What brings a file up and waits so long for its health checks. Raises: ServiceMissing."""
    from testcontainers.compose import DockerCompose  # noqa: PLC0415 - an extra

    class Composition(DockerCompose):
        """With the program that is here, which need not be Docker's plugin."""

        @functools.cached_property
        def compose_command_property(self) -> list[str]:
            return [*program(), "--file", str(file)]

        def start(self) -> None:
            words = ["up", "--wait", "--wait-timeout", str(within_s)]
            self._run_command(cmd=[*self.compose_command_property, *words])

    return Composition(file.parent)


def _is_new(command: list[str]) -> bool:
    """Whether it is the second Compose or later: the first, in Python, has no ``--format``."""
    finished = _run([*command, "version", "--short"])
    major = finished.stdout.strip().lstrip("v").partition(".")[0]
    return not finished.returncode and major.isdigit() and int(major) >= 2


def _run(command: list[str], *, filled: bool = False) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=WITHIN_S,
        env=None if filled else inherited(),
    )
