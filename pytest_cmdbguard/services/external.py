"""Databases on a PostgreSQL server that somebody else runs, on this machine."""

from __future__ import annotations

import re
import secrets
import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

import psycopg

from pytest_cmdbguard.errors import ServiceDied, ServiceError, ServiceMissing, SettingsError

from .embedded import seed_template
from .loopback import require_loopback
from .postgres import Login, Postgres
from .run_directory import PREFIX
from .telemetry import NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_cmdbguard.settings import Settings
    from pytest_cmdbguard.targets import Target

    from .run_directory import RunDirectory

KEY = "services.postgres.url"
OURS = re.compile(r"cmdbguard_([0-9a-f]{8})(_\w+)?")


class ExternalDatabase:
    """Databases and a role of the run's own on an external server, dropped at its end.

    With a target that runs already, the database of the URL is the target's, and it is used as
    it is: ``template`` is empty then, ``database`` its name.
    """

    origin = "seeded"

    def __init__(self, run: RunDirectory, *, settings: Settings, target: Target) -> None:
        """Read ``url`` of ``[services.postgres]``. Raises: SettingsError."""
        self.admin, self.database = login(settings.table("services", "postgres"))
        self.prefix = f"cmdbguard_{run.id}"
        self.template = "" if target.running else self.prefix
        self.details = "external server"
        self._run, self._target, self._records = run, target, settings.records
        self._postgres: Postgres | None = None

    @property
    def postgres(self) -> Postgres:
        """The server. Raises: ServiceError before it was started."""
        if self._postgres is None:
            raise ServiceError(NAME, "was not started")
        return self._postgres

    def start(self, progress: Callable[[str], None]) -> None:
        """Connect; for a target that we start: make its role, and its seeded template.

        Raises: ServiceMissing, ServiceError.
        """
        version = self._version()
        self._postgres = postgres = Postgres(
            admin=self.admin, app=self.admin, version=version, maintenance=self.database
        )
        if missing := postgres.missing_telemetry():
            self.details += ", without the telemetry of: " + ", ".join(missing)
        progress(f"PostgreSQL {postgres.version_text} answers, {self.details}")
        if self._target.running:
            return
        self._sweep(postgres)
        self._postgres = postgres = self._with_role(postgres)
        begin = time.monotonic()
        seed_template(postgres, self.template, target=self._target, records=self._records)
        took_s = time.monotonic() - begin
        progress(f"{self._target.name} seeded with {self._records:,} records, {took_s:.1f} s")

    def stop(self) -> None:
        """Drop what the run made there; harmless when that was nothing."""
        postgres, self._postgres = self._postgres, None
        if postgres and self.template:
            _drop(postgres, self.prefix)

    def require_alive(self) -> None:
        """Return if it answers. Raises: ServiceDied."""
        try:
            self.postgres.connect().close()
        except ServiceError as error:
            raise ServiceDied(NAME, status=None, last_log=str(error)) from None

    def _version(self) -> tuple[int, int]:
        try:
            with psycopg.connect(self.admin.url(self.database), connect_timeout=10) as connection:
                number = connection.info.server_version
        except psycopg.OperationalError as error:
            raise ServiceMissing(
                NAME,
                f"the server of {KEY} does not answer ({str(error).strip()})",
                remedy="start it, or correct the URL in cmdbguard.toml",
            ) from None
        return number // 10000, number % 10000

    def _with_role(self, postgres: Postgres) -> Postgres:
        """The server with a role for the target, as weak as in production."""
        app = Login(
            user=self.prefix,
            password=secrets.token_urlsafe(24),
            host=self.admin.host,
            port=self.admin.port,
            parameters=self.admin.parameters,
        )
        postgres.set_password(app, options="NOSUPERUSER NOCREATEDB NOCREATEROLE")
        return Postgres(
            admin=self.admin, app=app, version=postgres.version, maintenance=self.database
        )

    def _sweep(self, postgres: Postgres) -> None:
        """Drop what runs left that were killed: their directory on this machine is gone."""
        with postgres.connect() as connection:
            names = connection.execute(
                "SELECT datname FROM pg_database WHERE datname LIKE 'cmdbguard_%'"
                " UNION SELECT rolname FROM pg_roles WHERE rolname LIKE 'cmdbguard_%'"
            ).fetchall()
        runs = {match[1] for (name,) in names if (match := OURS.fullmatch(name))}
        for run_id in sorted(runs):
            if not (self._run.path.parent / f"{PREFIX}{run_id}").exists():
                _drop(postgres, f"cmdbguard_{run_id}")


def login(table: Mapping[str, object]) -> tuple[Login, str]:
    """The admin's login and the database that ``url`` names.

    Raises: SettingsError when it is not a URL of a PostgreSQL on this machine.
    """
    url = str(table.get("url", ""))
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"} or not parts.path.strip("/"):
        remedy = "write postgresql://USER:PASSWORD@127.0.0.1:5432/DATABASE"
        raise SettingsError(KEY, _without_password(url), source="cmdbguard.toml", remedy=remedy)
    require_loopback(_without_password(url), key=KEY)
    found = Login(
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        host=parts.hostname or "",
        port=parts.port,
        parameters=dict(parse_qsl(parts.query)),
    )
    return found, parts.path.strip("/")


def _without_password(url: str) -> str:
    return re.sub(r"(://[^:@/]*):[^@/]*@", r"\1:…@", url)


def _drop(postgres: Postgres, prefix: str) -> None:
    """Drop the databases of a run, then the role of that name."""
    with postgres.connect() as connection:
        names = connection.execute("SELECT datname FROM pg_database").fetchall()
    for (name,) in names:
        if name == prefix or name.startswith(prefix + "_"):
            postgres.drop(name)
    postgres.drop_role(prefix)
