"""The embedded PostgreSQL: a cluster of our own in the run's directory.

It is built to be thrown away: ``fsync``, ``full_page_writes`` and ``synchronous_commit`` are off,
which :attr:`Cluster.details` says, because figures of writes are better than on a durable server.
"""

from __future__ import annotations

import dataclasses
import secrets
import shutil
import signal
from typing import TYPE_CHECKING

import psycopg

from pytest_cmdbguard.errors import ServiceError

from . import cluster_settings, tls
from . import postgres_programs as programs
from .ports import on_free_port
from .postgres import Login, Postgres
from .process import Command, Process, finished
from .telemetry import NAME

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .run_directory import RunDirectory

APP = "cmdb"
START_WITHIN_S = 30.0


class Cluster:
    """One PostgreSQL server of the run, from ``initdb`` or from a copied data directory."""

    name = NAME

    def __init__(self, run: RunDirectory, *, table: Mapping[str, object]) -> None:
        """Find the programs.

        Args:
            run: where the data directory, the socket and the logs go.
            table: ``[services.postgres]`` of ``cmdbguard.toml``.
        Raises: ServiceMissing, SettingsError.
        """
        self.run = run
        self.data = run.path / "postgres"
        self.socket = run.path / "socket"
        self.programs = programs.reachable(programs.find(table), run.path)
        self.server_log = run.logs / "postgres-server.json"
        self.log: Path | None = self.server_log
        self._process: Process | None = None
        self._postgres: Postgres | None = None

    @property
    def version(self) -> str:
        """As people write it: ``18.6``."""
        return self.programs.version_text

    @property
    def form(self) -> str:
        """Equal forms can read each other's data directories."""
        return self.version

    @property
    def details(self) -> str:
        """What a reader of the report must know about this server."""
        return "fsync off, full_page_writes off, synchronous_commit off"

    @property
    def postgres(self) -> Postgres:
        """The running server. Raises: ServiceError before it was started."""
        if self._postgres is None:
            raise ServiceError(NAME, "was not started")
        return self._postgres

    def initialise(self) -> None:
        """Make an empty data directory. Raises: ServiceError with what initdb said."""
        try:
            self.data.mkdir(mode=0o700)
        except OSError as error:
            raise ServiceError(NAME, f"there is no place for its data ({error})") from None
        who = programs.privileges()
        self._hand_over(self.data)
        command = [*who.prefix, str(self.programs.bin / "initdb"), "--pgdata", str(self.data)]
        options = [
            "--username",
            cluster_settings.ADMIN,
            "--encoding",
            "UTF8",
            "--no-sync",
            "--no-instructions",
        ]
        # initdb makes the directories above its own, too: begun late, it brings the run's back.
        argv = [*command, *options, *cluster_settings.locale(self.programs.version)]
        initdb = finished(self.run, NAME, argv, directory=self.run.path)
        if initdb.returncode:
            said = (initdb.stderr or initdb.stdout).strip()[-1000:]
            raise ServiceError(NAME, f"initdb failed (is the disk full?): {said}")

    def start(self) -> None:
        """Start the server on a free port, set fresh passwords, then demand them.

        Raises: ServiceMissing, ServiceNotReady, ServiceError.
        """
        certificate = tls.issue(self.run.path / "tls")
        self.socket.mkdir(mode=0o700, exist_ok=True)
        (self.data / "postgresql.auto.conf").write_text("")  # what ALTER SYSTEM left
        (self.data / "pg_hba.conf").write_text(cluster_settings.BOOTSTRAP)
        self._postgres = on_free_port(lambda port: self._start(port, certificate))
        postgres = self._postgres
        bootstrap = dataclasses.replace(
            postgres, admin=dataclasses.replace(postgres.admin, password="")
        )
        bootstrap.set_password(postgres.admin, options="SUPERUSER")
        bootstrap.set_password(postgres.app, options="NOSUPERUSER NOCREATEDB NOCREATEROLE")
        (self.data / "pg_hba.conf").write_text(cluster_settings.ACCESS)
        with bootstrap.connect() as connection:
            connection.execute("SELECT pg_reload_conf()")
        self._wait_for_passwords(postgres)

    def stop(self, *, clean: bool = False) -> None:
        """End the server, at once or (``clean``) with a checkpoint, so that it can be copied."""
        process, self._process = self._process, None
        if process:
            how, within_s = (signal.SIGINT, 60.0) if clean else (signal.SIGQUIT, 5.0)
            process.command = dataclasses.replace(
                process.command, stop_signal=how, stop_within_s=within_s
            )
            process.stop()

    def require_alive(self) -> None:
        """Return if it still runs. Raises: ServiceDied."""
        if self._process:
            self._process.require_alive()

    def adopt(self) -> None:
        """Use a data directory that was copied to :attr:`data`."""
        self._hand_over(self.data)

    def discard(self) -> None:
        """Delete the data directory of a server that does not run."""
        shutil.rmtree(self.data, ignore_errors=True)

    def _start(self, port: int, certificate: tls.Certificate) -> Postgres:
        self._write_settings(port, certificate)
        postgres = self._access(port, certificate)
        prefix = programs.privileges().prefix
        self._process = Process(
            self.run,
            Command(
                name="postgres",
                argv=[*prefix, str(self.programs.bin / "postgres"), "-D", str(self.data)],
                stop_signal=signal.SIGQUIT,
                logs=[self.server_log],
            ),
        )
        url = dataclasses.replace(postgres.admin, password="").url(postgres.maintenance)
        self._process.wait_ready(lambda: _answer(url), timeout_s=START_WITHIN_S)
        return postgres

    def _write_settings(self, port: int, certificate: tls.Certificate) -> None:
        paths = {
            "unix_socket_directories": self.socket,
            "log_directory": self.run.logs,
            "ssl_cert_file": certificate.chain,
            "ssl_key_file": certificate.key,
        }
        text = cluster_settings.text(self.programs.version, port=port, paths=paths)
        (self.data / "postgresql.conf").write_text(text)
        (self.data / "pg_ident.conf").write_text("")
        self._hand_over(self.data, self.socket, self.run.logs, self.run.path / "tls")

    def _access(self, port: int, certificate: tls.Certificate) -> Postgres:
        """The admin comes through the Unix socket, the target through TLS."""
        place = {"host": str(self.socket), "port": str(port)}
        demand = {"sslmode": "verify-full", "sslrootcert": str(certificate.authority)}
        return Postgres(
            admin=Login(
                user=cluster_settings.ADMIN, password=secrets.token_urlsafe(24), parameters=place
            ),
            app=Login(
                user=APP,
                password=secrets.token_urlsafe(24),
                host="127.0.0.1",
                port=port,
                parameters=demand,
            ),
            version=self.programs.version,
        )

    def _wait_for_passwords(self, postgres: Postgres) -> None:
        """The reload is over when the target's role comes in through TLS."""
        if self._process:
            url = postgres.url(postgres.maintenance)
            self._process.wait_ready(lambda: _answer(url), timeout_s=START_WITHIN_S)

    def _hand_over(self, *paths: Path) -> None:
        who = programs.privileges()
        if who.uid is not None:
            self.run.path.chmod(0o711)  # the server's user passes, and still cannot list it
        who.own(*(path for path in paths if path.exists()))


def _answer(url: str) -> bool | None:
    """True once a real query is answered, None while it is not."""
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=2) as connection:
            return connection.execute("SELECT true").fetchone() is not None
    except psycopg.OperationalError:
        return None
