"""ZAP in a container that shares this machine's network: probes name its addresses."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from pytest_cmdbguard.services.ports import free_port
from pytest_cmdbguard.services.zap import NAME, Zap
from pytest_cmdbguard.services.zap_daemon import JAVA_OPTIONS, answer, configuration

from .confining import confined
from .container import Container, Plan
from .service import ContainerService

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_cmdbguard.services.run_directory import RunDirectory

    from .options import Options

PLACE = "/cmdbguard-zap.properties"  # the key is not for the process list
HOME = "/tmp/zap"  # noqa: S108 - of the container
# Java unpacks libraries there and loads them
CONFINED = confined(memory="2g", cpus=2, writable={"/tmp": "nosuid,nodev,exec,mode=1777"})  # noqa: S108 - of the container


class ContainerZap(ContainerService):
    """A ZAP of the run's own, on a port of 127.0.0.1."""

    def __init__(self, run: RunDirectory, *, options: Options) -> None:
        """Not started yet."""
        self.run, self.options = run, options
        self.name, self.version = NAME, ""
        self.log: Path | None = run.logs / "zap.log"

    def start(self) -> Zap:
        """Start it and wait for its API. Raises: ServiceMissing, ServiceNotReady."""
        key = secrets.token_hex(16)
        zap = self._start(free_port(), key)
        self.version = zap.version
        return zap

    def _start(self, port: int, key: str) -> Zap:
        options = ["-daemon", "-silent", "-dir", HOME, "-host", "127.0.0.1", "-port", str(port)]
        plan = Plan(
            name="zap",
            image=self.options.zap,
            command=["zap.sh", JAVA_OPTIONS[0], *options, "-configfile", PLACE],
            environment={"JDK_JAVA_OPTIONS": " ".join(JAVA_OPTIONS[1:])},  # zap.sh takes no other
            files={PLACE: configuration(key).encode()},
            arguments=CONFINED | {"network_mode": "host"},
        )
        self._container = Container(self.run, plan, options=self.options)
        url = f"http://127.0.0.1:{port}"
        return self._container.wait_ready(
            lambda: answer(url, key), timeout_s=self.options.timeout_s
        )
