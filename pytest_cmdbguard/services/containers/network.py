"""The run's own network, which everything else stands on and which goes last."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from . import daemon
from .container import BRIDGE

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_cmdbguard.services.run_directory import RunDirectory

    from .options import Options


class RunNetwork:
    """A bridge network of the run. Its end is the end of everything that the run has in Docker."""

    def __init__(self, run: RunDirectory, *, options: Options) -> None:
        self.run, self.options = run, options
        self._started = False

    def start(self, progress: Callable[[str], None]) -> None:
        """Sweep what dead runs left, then make it.

        Raises: ServiceMissing when there is no Docker, ServiceError, ServiceNotReady.
        """
        with contextlib.closing(daemon.connect(self.options.timeout_s)) as client:
            self._started = True
            if swept := daemon.sweep(client):
                progress(f"swept {len(swept)} containers and networks of dead runs")
            daemon.allow_ryuk(client, self.options)
        from testcontainers.core.network import Network  # noqa: PLC0415 - an extra

        network = Network(
            docker_client_kw={"timeout": self.options.timeout_s},
            docker_network_kw={"labels": daemon.labels(self.run)},
        )
        network.name = BRIDGE.format(self.run.id)
        with daemon.told(daemon.NAME), contextlib.closing(network._docker.client):  # noqa: SLF001 - nobody else closes it
            network.create()

    def stop(self) -> None:
        """Remove it, and whatever containers are left; harmless when nothing was started."""
        if self._started:
            self._started = False
            with contextlib.closing(daemon.connect(self.options.timeout_s)) as client:
                daemon.remove(client, self.run.id)

    def require_alive(self) -> None:
        """A network does not die."""
