"""The target's balancer in a container of its image, before instances on the run's network."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_cmdbguard.services import tls
from pytest_cmdbguard.services.front import Door, no_tls_end, shakes_hands
from pytest_cmdbguard.services.ports import free_port

from .confining import confined
from .container import Container, Plan
from .service import ContainerService

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_cmdbguard.services.run_directory import RunDirectory
    from pytest_cmdbguard.targets import Target

    from .options import Options

CHAIN, KEY = "/cmdbguard-server.pem", "/cmdbguard-server.key"
# Inside it has no certificate for its own address, and only a name is sent with a handshake.
HOST = "localhost"
CONFINED = confined(memory="512m", cpus=1, writable={"/tmp": "nosuid,nodev,noexec"})  # noqa: S108 - of the container


class ContainerFront(ContainerService):
    """A balancer with a certificate of this run, on two ports of 127.0.0.1."""

    def __init__(
        self,
        run: RunDirectory,
        target: Target,
        *,
        upstreams: Sequence[str],
        name: str,
        options: Options,
    ) -> None:
        """Not started yet; ``upstreams`` are ``host:port`` on the run's network."""
        self.run, self.target, self.name, self.options = run, target, name, options
        self.upstreams = upstreams
        self.log: Path | None = run.logs / f"{name}.log"

    def start(self) -> Door:
        """Start it and wait for its first handshake.

        Raises: ServiceMissing when the target has none, ServiceNotReady, ServiceError.
        """
        certificate = tls.issue(self.run.path / self.name)
        https_port, http_port = free_port(), free_port()
        command = self.target.front(
            https_port=https_port,
            http_port=http_port,
            upstreams=self.upstreams,
            certificate=dataclasses.replace(certificate, chain=Path(CHAIN), key=Path(KEY)),
        )
        if command is None:
            raise no_tls_end(self.target)
        plan = Plan(
            name=self.name,
            image=self.target.image or self.options.cmdb,
            command=command,
            environment={"XDG_DATA_HOME": "/tmp", "XDG_CONFIG_HOME": "/tmp"},  # noqa: S108 - of the container
            ports=(https_port, http_port),
            files={CHAIN: certificate.chain.read_bytes(), KEY: certificate.key.read_bytes()},
            arguments=CONFINED,
        )
        self._container = Container(self.run, plan, options=self.options)
        self._container.wait_ready(
            lambda: shakes_hands(https_port, HOST), timeout_s=self.options.timeout_s
        )
        return Door(
            https=f"127.0.0.1:{https_port}",
            http=f"127.0.0.1:{http_port}",
            authority=certificate.authority,
            host_name=HOST,
        )
