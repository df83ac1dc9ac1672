"""The instances of a deployment as one target: asked through the balancer, watched one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard.errors import ServiceMissing
from pytest_cmdbguard.services.cmdb import answers
from pytest_cmdbguard.services.front import Door
from pytest_cmdbguard.services.inheritance import marked
from pytest_cmdbguard.services.watching import Watch

from . import mounts
from .deployment import INSTANCES

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_cmdbguard.services.run_directory import RunDirectory
    from pytest_cmdbguard.services.shared import Deployed
    from pytest_cmdbguard.targets import Target

    from .options import Options


class DeployedCmdb:
    """What the run's deployment is to checks; the run starts it and ends it."""

    log_lag_s = 0.05

    def __init__(
        self, run: RunDirectory, target: Target, deployed: Deployed, *, options: Options
    ) -> None:
        """The one that is up."""
        self.run, self.target, self.deployed, self.options = run, target, deployed, options
        self.name, self.base_url = target.name, deployed.base_url
        self.log: Path | None = run.logs / f"{INSTANCES}.log"
        self.watch: Watch | None = Watch(run, INSTANCES)
        self.pids = deployed.processes
        self.pid = next(iter(self.pids), None)
        self.container_name = deployed.containers[0]

    @property
    def door(self) -> Door | None:
        """The balancer's own ends, None where it does not speak TLS."""
        if not self.deployed.https:
            return None
        return Door(
            https=self.deployed.https,
            http=self.deployed.http or None,
            authority=self.target.authority,
            host_name=self.options.host_name,
        )

    @property
    def own_places(self) -> frozenset[str]:
        """Where the run mounts what it looks inside with."""
        laid = mounts.watched(self.watch) if self.watch else {}
        return frozenset(place for place, _ in laid.values()) | {str(self.run.temporary)}

    @property
    def own_variables(self) -> frozenset[str]:
        """What of the environment the run sets, and no settings of a deployment."""
        added = self.watch.environment({}) if self.watch else {}
        return frozenset({*added, *self.target.unhurried, *marked(self.run)})

    def start(self) -> None:
        """Ask its ready path. Raises: ServiceMissing when that does not answer 200."""
        if not answers(self.base_url, self.target.ready_path):
            problem = f"{self.target.ready_path} does not answer 200 through the balancer"
            raise ServiceMissing(self.name, problem, remedy="look at the logs beside the report")

    def stop(self) -> None:
        """The run does that."""

    def require_alive(self) -> None:
        """The run asks every instance."""
