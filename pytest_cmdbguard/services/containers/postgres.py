"""PostgreSQL in a container: the same cluster of the run as the embedded one, made otherwise.

The image keeps the official one's contract: ``POSTGRES_USER``, ``POSTGRES_PASSWORD`` and
``PGDATA`` in the environment, ``postgres -c …`` as the command, no password on the Unix socket.
Its data directory lies in the container and comes and goes as a tar archive: a snapshot is one.
"""

from __future__ import annotations

import contextlib
import io
import secrets
import shutil
import tarfile
from typing import TYPE_CHECKING

import psycopg

from pytest_cmdbguard.errors import ServiceError
from pytest_cmdbguard.services import tls
from pytest_cmdbguard.services.cluster_settings import ADMIN, SETTINGS
from pytest_cmdbguard.services.postgres import Login, Postgres
from pytest_cmdbguard.services.telemetry import NAME, TELEMETRY

from . import daemon
from .confining import BECOMES_ANOTHER, confined
from .container import Container, Plan
from .service import ContainerService

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from pytest_cmdbguard.services.run_directory import RunDirectory

    from .options import Options

HOST, PORT, APP = "postgres", 5432, "cmdb"
PLACE = "/var/lib/postgresql"  # is there in every image
DATA, TLS = f"{PLACE}/cmdbguard", f"{PLACE}/cmdbguard-tls"
# of the embedded cluster; where it listens and what is switched while it runs is said otherwise
OWN = {"listen_addresses", "unix_socket_permissions", "ssl", *TELEMETRY[True]}
ACCESS = f"local all {ADMIN} trust\nhost all all all scram-sha-256\n"
CONFINED = confined(
    memory="8g",
    cpus=64,
    added=BECOMES_ANOTHER,
    writable={"/tmp": "nosuid,nodev,noexec", "/var/run/postgresql": "nosuid,nodev,noexec"},  # noqa: S108 - of the container
) | {"shm_size": "512m"}
SERVER_LOG = "postgres-server.json"


class ContainerCluster(ContainerService):
    """One PostgreSQL container of the run; ``data`` holds its archived data directory, if any."""

    name = NAME
    details = "container, fsync off, full_page_writes off, synchronous_commit off"

    def __init__(self, run: RunDirectory, *, options: Options, inside: bool) -> None:
        """Not started yet; ``inside`` says whether the target runs in a container, too.

        Raises: ServiceMissing when there is no Docker or no image.
        """
        self.run, self.options, self._inside = run, options, inside
        self.data = run.path / "postgres"
        self.log: Path | None = run.logs / f"{HOST}.log"
        self._postgres: Postgres | None = None
        with contextlib.closing(daemon.connect(options.timeout_s)) as client:
            self._image = daemon.obtain(client, options.postgres, service=NAME, options=options)

    @property
    def form(self) -> str:
        """Equal forms can read each other's data directories."""
        return f"container {self._image}"

    @property
    def version(self) -> str:
        """As people write it: ``18.6``."""
        return self.postgres.version_text

    @property
    def postgres(self) -> Postgres:
        """The running server. Raises: ServiceError before it was started."""
        if self._postgres is None:
            raise ServiceError(NAME, "was not started")
        return self._postgres

    def initialise(self) -> None:
        """The container makes its data directory itself."""

    def adopt(self) -> None:
        """Start with the archive in :attr:`data`; :meth:`start` does."""

    def discard(self) -> None:
        """Delete the archive."""
        shutil.rmtree(self.data, ignore_errors=True)

    def start(self) -> None:
        """Start it on its archived data or on none, then give it TLS and fresh passwords.

        Raises: ServiceMissing, ServiceNotReady, ServiceError.
        """
        certificate = tls.issue(self.run.path / "tls", HOST)
        archive = self.data / "data.tar"
        self._container = container = Container(
            self.run,
            Plan(
                name=HOST,
                image=self.options.postgres,
                command=["postgres", *_words()],
                environment={
                    "POSTGRES_USER": ADMIN,
                    "POSTGRES_PASSWORD": secrets.token_urlsafe(24),  # not for long
                    "PGDATA": DATA,
                    "POSTGRES_INITDB_ARGS": "--locale=C.UTF-8",  # names sort alike everywhere
                },
                port=PORT,
                volumes=[PLACE],
                archives={PLACE: archive} if archive.is_file() else {},
                arguments=CONFINED,
            ),
            options=self.options,
        )
        container.wait_ready(self._is_up, timeout_s=self.options.timeout_s)
        host, port = container.address
        demand = {"sslmode": "verify-full", "sslrootcert": str(certificate.authority)}
        admin, app = (
            Login(
                user=user,
                password=secrets.token_urlsafe(24),
                host=host,
                port=port,
                parameters=demand,
            )
            for user, host, port in (
                (ADMIN, host, port),
                (APP, HOST, PORT) if self._inside else (APP, host, port),
            )
        )
        self._secure(certificate, admin=admin, app=app)
        version = container.wait_ready(
            lambda: answered_version(admin.url("postgres")), timeout_s=self.options.timeout_s
        )
        self._postgres = Postgres(admin=admin, app=app, version=version)

    def stop(self, *, clean: bool = False) -> None:
        """End it, at once or (``clean``) with a checkpoint and its data in :attr:`data`."""
        container, self._container = self._container, None
        if container is None:
            return
        try:
            if clean:
                self._query(container, "ALTER SYSTEM RESET ALL")
                container.end_gracefully()
                self.data.mkdir(mode=0o700, exist_ok=True)
                _write(container.fetch(DATA), self.data / "data.tar")
            else:
                self._keep_log(container)
        finally:
            container.stop()

    def _is_up(self) -> bool | None:
        """The official image starts a server without TCP first, to set itself up."""
        assert self._container is not None
        with contextlib.suppress(ServiceError):
            self._container.execute("pg_isready", "--quiet", "--host", "127.0.0.1")
            return True
        return None

    def _secure(self, certificate: tls.Certificate, *, admin: Login, app: Login) -> None:
        """Certificate, rules of access, what can be switched while it runs, and passwords."""
        assert self._container is not None
        user = _owner(self._container.fetch(f"{DATA}/PG_VERSION"))
        files = {
            f"{TLS}/server.pem": certificate.chain.read_bytes(),
            f"{TLS}/server.key": certificate.key.read_bytes(),
            f"{DATA}/pg_hba.conf": ACCESS.encode(),
        }
        self._container.put(_archive(files, user=user), at=PLACE)
        settings = {
            "ssl_cert_file": f"{TLS}/server.pem",
            "ssl_key_file": f"{TLS}/server.key",
            "ssl": "on",
            **TELEMETRY[True],
        }
        self._query(
            self._container,
            *(f"ALTER SYSTEM SET {name} = '{value}'" for name, value in settings.items()),
            "SELECT pg_reload_conf()",
            _password(admin, "SUPERUSER"),
            _password(app, "NOSUPERUSER NOCREATEDB NOCREATEROLE"),
        )

    @staticmethod
    def _query(container: Container, *statements: str) -> None:
        """All of them in one process: starting one in a container takes a tenth of a second."""
        words = ["--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1"]
        words += [word for statement in statements for word in ("--command", statement)]
        container.execute("psql", "--username", ADMIN, "--dbname", "postgres", *words)

    def _keep_log(self, container: Container) -> None:
        """What the server itself logged, beside the other logs."""
        with contextlib.suppress(ServiceError, OSError, tarfile.TarError):
            stream = io.BytesIO(b"".join(container.fetch(f"{DATA}/log/{SERVER_LOG}")))
            with tarfile.open(fileobj=stream) as archive:
                for member in archive:
                    if inside := archive.extractfile(member):
                        (self.run.logs / SERVER_LOG).write_bytes(inside.read())


def _words() -> Iterator[str]:
    """Settings as arguments; none that ``ALTER SYSTEM`` changes later, for these would win."""
    settings = {name: value for name, value in SETTINGS.items() if name not in OWN}
    for name, value in {**settings, "listen_addresses": "*", "log_directory": "log"}.items():
        yield from ("-c", f"{name}={value}")


def _password(login: Login, options: str) -> str:
    """A block without an answer: what a command prints in a container may get lost."""
    return (
        f"DO $$ BEGIN CREATE ROLE {login.user}; EXCEPTION WHEN duplicate_object THEN END $$;"
        f" ALTER ROLE {login.user} WITH LOGIN {options} PASSWORD '{login.password}'"
    )


def _archive(files: dict[str, bytes], *, user: int) -> bytes:
    """A tar archive, for its volume, with files that no other user can read."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for place, content in files.items():
            entry = tarfile.TarInfo(place.removeprefix(f"{PLACE}/"))
            entry.size, entry.mode, entry.uid = len(content), 0o600, user
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _owner(stream: Iterable[bytes]) -> int:
    """Whose the one file in a tar archive is."""
    with tarfile.open(fileobj=io.BytesIO(b"".join(stream))) as archive:
        return archive.getmembers()[0].uid


def _write(stream: Iterable[bytes], path: Path) -> None:
    with path.open("wb") as file:
        for chunk in stream:
            file.write(chunk)


def answered_version(url: str) -> tuple[int, int] | None:
    """Major and minor once a query is answered through TLS, None while it is not."""
    try:
        with psycopg.connect(url, connect_timeout=2) as connection:
            number = connection.info.server_version
    except psycopg.OperationalError:
        return None
    return number // 10000, number % 10000
