"""The place of one process that runs checks: its own data and its own instance of the target."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

from pytest_cmdbguard.errors import ServiceError, ServiceMissing

from . import zap_state
from .background import Task
from .cmdb import Cmdb, RunningCmdb
from .containers.cmdb import ContainerCmdb
from .containers.deployed import DeployedCmdb
from .containers.options import Options
from .inheritance import marked
from .redis import DATABASES, database_url, empty

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_cmdbguard.model import Actor
    from pytest_cmdbguard.settings import Settings
    from pytest_cmdbguard.targets import Target

    from .shared import Shared
    from .zap import Zap

Instance = Cmdb | ContainerCmdb | DeployedCmdb | RunningCmdb
MAIN = "main"
UNKNOWN = "name it as url in [services.{}] of cmdbguard.toml"


class Seat:
    """What one process of the run has for itself.

    ``database_url`` is a superuser's URL of its clone, ``app_database_url`` the target's own;
    ``redis_url`` that of its Redis database, ``base_url`` that of its instance.
    """

    def __init__(
        self, shared: Shared, settings: Settings, target: Target, worker: str = MAIN
    ) -> None:
        """Nothing is started yet; ``worker`` is ``main`` or the name of an xdist worker."""
        self.shared, self.settings, self.target, self.worker = shared, settings, target, worker
        self.run = shared.run
        self.actors: tuple[Actor, ...] = ()
        self._left_behind = False
        self.cmdb: Instance
        if target.running:
            self.cmdb = RunningCmdb(target)
        elif shared.deployed:
            options = Options.read(settings)
            self.cmdb = DeployedCmdb(self.run, target, shared.deployed, options=options)
        else:
            self.cmdb = self._instance(f"cmdb-{worker}")

    @property
    def database(self) -> str:
        """The name of its database."""
        return (
            f"{self.shared.prefix}_{self.worker}" if self.shared.template else self.shared.database
        )

    @property
    def database_url(self) -> str:
        """For witnesses: a superuser's. Raises: ServiceMissing when nobody said where it is."""
        if self.shared.postgres is None:
            problem = "the target runs elsewhere and its database is not known"
            raise ServiceMissing("PostgreSQL", problem, remedy=UNKNOWN.format("postgres"))
        return self.shared.postgres.url(self.database, role="admin")

    @property
    def app_database_url(self) -> str:
        """For the target. Raises: ServiceMissing when nobody said where it is."""
        return (
            self.shared.postgres.url(self.database) if self.shared.postgres else self.database_url
        )

    @property
    def redis_url(self) -> str:
        """Its own database of the Redis server. Raises: ServiceMissing as above."""
        if not self.shared.redis_url:
            problem = "the target runs elsewhere and its Redis is not known"
            raise ServiceMissing("Redis", problem, remedy=UNKNOWN.format("redis"))
        if self.target.running or self.shared.deployed:
            return self.shared.redis_url
        return database_url(self.shared.redis_url, redis_number(self.worker))

    @property
    def app_redis_url(self) -> str:
        """The same for the target. Raises: ServiceMissing as above."""
        if self.target.running or not self.shared.app_redis_url:
            return self.redis_url
        if self.shared.deployed:
            return self.shared.app_redis_url
        return database_url(self.shared.app_redis_url, redis_number(self.worker))

    @property
    def base_url(self) -> str:
        """Of its instance of the target, without a slash at the end."""
        return self.cmdb.base_url

    @property
    def own_networks(self) -> tuple[int, ...]:
        """A process in each network that an instance has for itself; none where it is ours."""
        return self.networks_of(self.cmdb)

    def networks_of(self, cmdb: Instance) -> tuple[int, ...]:
        """The same of any instance."""
        if isinstance(cmdb, DeployedCmdb):
            return cmdb.pids
        return (cmdb.pid,) if self.target.image and cmdb.pid else ()

    def open(self) -> None:
        """Clone the database, start the instance, mint the actors' credentials.

        Raises: GuardError; :meth:`close` must be called then, too.
        """
        self.target.environment = marked(self.run)
        if isinstance(self.cmdb, RunningCmdb):
            self.cmdb.start()
            self.actors = self.target.mint("")
            return
        if isinstance(self.cmdb, DeployedCmdb):
            self.cmdb.start()
            self.actors = self.target.mint(self.app_database_url if self.shared.postgres else "")
            return
        if self.shared.postgres is None:
            raise ServiceError("PostgreSQL", "is not there")
        outlives = self.settings.services == "external"
        if self.worker == MAIN and not outlives:
            # nobody else clones it, and the server goes with the run: a copy would be for nothing
            self.shared.postgres.take(self.shared.template, self.database)
        else:
            # trials of faults take the same seat of one server again and again
            self.shared.postgres.drop(self.database)
            self.shared.postgres.clone(self.shared.template, self.database)
            self._left_behind = outlives
        empty(self.redis_url)
        minted = Task(lambda: self.target.mint(self.app_database_url))
        self.cmdb.database_url, self.cmdb.redis_url = self.app_database_url, self.app_redis_url
        self.cmdb.start()
        self.actors = minted.result()

    def close(self) -> None:
        """End the instance, drop a clone that would stay; harmless when nothing was started."""
        self.cmdb.stop()
        if self._left_behind and self.shared.postgres is not None:
            self._left_behind = False
            with contextlib.suppress(ServiceError):  # the server is gone, and the clone with it
                self.shared.postgres.drop(self.database)

    @contextlib.contextmanager
    def another(
        self, name: str, environment: Mapping[str, str], *, own_redis: bool = False
    ) -> Iterator[Cmdb | ContainerCmdb]:
        """One more instance on the same database, with another environment.

        With ``own_redis`` it begins with an empty database of the run's Redis server: it knows
        nothing of what was asked of the others. Where the server is not the run's, there is none.

        Raises: ServiceMissing for a target that somebody else runs, ServiceNotReady.
        """
        if self.target.running:
            problem = "the target runs elsewhere, and no second one can be started"
            raise ServiceMissing("a second instance", problem, remedy="test its limits by hand")
        cmdb = self._instance(f"cmdb-{self.worker}-{name}", environment)
        cmdb.database_url, cmdb.redis_url = self.app_database_url, self.app_redis_url
        if own_redis and self.settings.services != "external":
            number = redis_number(self.worker) + DATABASES // 2
            empty(database_url(self.redis_url, number))
            cmdb.redis_url = database_url(self.app_redis_url, number)
        try:
            cmdb.start()
            yield cmdb
        finally:
            cmdb.stop()

    def _instance(
        self, name: str, environment: Mapping[str, str] | None = None
    ) -> Cmdb | ContainerCmdb:
        """One of the target, not started: a container where it has an image, else a process."""
        if self.target.image:
            options = Options.read(self.settings)
            return ContainerCmdb(
                self.run, self.target, name=name, options=options, environment=environment
            )
        return Cmdb(self.run, self.target, name=name, environment=environment)

    def zap(self) -> Zap | None:
        """ZAP, as soon as it is ready; None when it is off.

        Raises: ServiceMissing with the reason why there is none, ServiceNotReady.
        """
        return zap_state.wait(self.shared.zap_state) if self.shared.zap_state else None


def redis_number(worker: str) -> int:
    """The Redis database of a worker: 1 for ``main``, then ``gw0`` on; 0 stays empty.

    The second half of the server's are for instances with one of their own.
    """
    match = re.fullmatch(r"gw(\d+)", worker)
    return 2 + int(match[1]) % (DATABASES // 2 - 2) if match else 1
