"""The run's own database: a cluster, embedded or in a container, with a seeded template in it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pytest_cmdbguard.errors import GuardError, ServiceError

from .cluster import Cluster
from .snapshots import Snapshot
from .telemetry import NAME

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_cmdbguard.settings import Settings
    from pytest_cmdbguard.targets import Target

    from .containers.postgres import ContainerCluster
    from .postgres import Postgres
    from .run_directory import RunDirectory

TEMPLATE = "cmdbguard_template"


class EmbeddedDatabase:
    """PostgreSQL with the target's data, from a snapshot or from a fresh seeding.

    ``origin`` says which: ``snapshot`` or ``seeded``.
    """

    template = TEMPLATE
    prefix = "cmdb"

    def __init__(
        self,
        run: RunDirectory,
        *,
        settings: Settings,
        target: Target,
        cluster: Cluster | ContainerCluster | None = None,
    ) -> None:
        """Not started yet; without a ``cluster`` in an embedded one.

        Raises: ServiceMissing, SettingsError.
        """
        table = settings.table("services", "postgres")
        self.cluster = cluster or Cluster(run, table=table)
        self.origin = ""
        self._target, self._records = target, settings.records

    @property
    def postgres(self) -> Postgres:
        """The running server. Raises: ServiceError before it was started."""
        return self.cluster.postgres

    @property
    def details(self) -> str:
        """What a reader of the report must know about it."""
        return self.cluster.details

    def start(self, progress: Callable[[str], None]) -> None:
        """Start it with its template; ``progress`` gets one line per stage.

        Raises: ServiceError, ServiceMissing, ServiceNotReady.
        """
        key = self._target.seed_key(self._records)
        if not key:
            self._seed(progress)
            return
        snapshot = Snapshot(self.cluster.form, key, run=self.cluster.run)
        with snapshot.reserved():
            if self._restored(snapshot, progress):
                return
            self._seed(progress)
            self.cluster.stop(clean=True)
            if problem := snapshot.save(self.cluster.data):
                progress(problem)
        self.cluster.start()

    def stop(self) -> None:
        """End the server; its data are thrown away with the run's directory."""
        self.cluster.stop()

    def require_alive(self) -> None:
        """Return if it still runs. Raises: ServiceDied."""
        self.cluster.require_alive()

    def _restored(self, snapshot: Snapshot, progress: Callable[[str], None]) -> bool:
        """Whether the cluster runs from the snapshot; one that does not run is discarded."""
        begin = time.monotonic()
        try:
            if not snapshot.restore(self.cluster.data):
                return False
        except OSError as error:
            remedy = "make room, or let TMPDIR name a directory on another disk"
            raise ServiceError(NAME, f"its data cannot be copied ({error}); {remedy}") from None
        try:
            self.cluster.adopt()
            self.cluster.start()
        except ServiceError as error:
            if self.cluster.run.closed:
                raise
            progress(f"the snapshot is discarded, PostgreSQL does not start from it: {error}")
            self.cluster.stop()
            self.cluster.discard()
            snapshot.discard()
            return False
        self.origin = "snapshot"
        took_s = time.monotonic() - begin
        progress(f"PostgreSQL {self.cluster.version} ready from a snapshot, {took_s:.1f} s")
        return True

    def _seed(self, progress: Callable[[str], None]) -> None:
        """An empty cluster, started, with the template seeded and sealed in it."""
        begin = time.monotonic()
        self.cluster.initialise()
        self.cluster.start()
        took_s = time.monotonic() - begin
        progress(f"PostgreSQL {self.cluster.version} ready, {took_s:.1f} s")
        begin = time.monotonic()
        seed_template(self.postgres, TEMPLATE, target=self._target, records=self._records)
        self.origin = "seeded"
        took_s = time.monotonic() - begin
        progress(f"{self._target.name} seeded with {self._records:,} records, {took_s:.1f} s")


def seed_template(postgres: Postgres, template: str, *, target: Target, records: int) -> None:
    """Create a database, let the target fill it, and make it a template.

    SQL telemetry is off meanwhile where it can be switched: nobody reads that log.
    Raises: ServiceError.
    """
    postgres.create(template)
    quiet = _quieten(postgres)
    target.seed(postgres.url(template), records)
    with postgres.connect(template) as connection:
        connection.execute("VACUUM (FREEZE, ANALYZE)")
    postgres.seal(template)
    if quiet:
        postgres.telemetry(on=True)


def _quieten(postgres: Postgres) -> bool:
    try:
        postgres.telemetry(on=False)
    except GuardError:
        return False
    return True
