"""A PostgreSQL server as the run uses it: databases, roles and telemetry, over SQL.

It is the same for a server that we started (:mod:`.cluster`) and for one that somebody else
runs; it is plain data otherwise, so that xdist workers get it as JSON.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql

from pytest_cmdbguard.errors import ServiceError

from . import telemetry
from .telemetry import NAME, Connection

if TYPE_CHECKING:
    from collections.abc import Mapping

APPLICATION = "cmdbguard-services"
Role = Literal["admin", "app"]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A role and how it reaches the server; ``parameters`` are libpq's, ``host`` among them."""

    user: str
    password: str = dataclasses.field(repr=False)
    host: str = ""
    port: int | None = None
    parameters: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def url(self, database: str) -> str:
        """A URL that libpq, psycopg, asyncpg and SQLAlchemy read alike."""
        password = f":{quote(self.password, safe='')}" if self.password else ""
        address = self.host + (f":{self.port}" if self.host and self.port else "")
        query = f"?{urlencode(self.parameters, safe='/')}" if self.parameters else ""
        return f"postgresql://{quote(self.user, safe='')}{password}@{address}/{database}{query}"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Postgres:
    """A running server. ``app`` owns the databases of the target and is no superuser.

    ``maintenance`` is the database that exists for sure; ``version`` is ``(major, minor)``.
    """

    admin: Login
    app: Login
    version: tuple[int, int]
    maintenance: str = "postgres"

    def to_json(self) -> dict[str, Any]:
        """Built-in types only."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Postgres:
        """The inverse of :meth:`to_json`."""
        return cls(
            admin=Login(**data["admin"]),
            app=Login(**data["app"]),
            version=(data["version"][0], data["version"][1]),
            maintenance=data["maintenance"],
        )

    @property
    def version_text(self) -> str:
        """As people write it: ``18.6``."""
        return ".".join(map(str, self.version))

    def url(self, database: str, *, role: Role = "app") -> str:
        """The URL of a database for the target (``app``) or for a superuser (``admin``)."""
        return (self.admin if role == "admin" else self.app).url(database)

    def connect(self, database: str | None = None) -> Connection:
        """A superuser's connection in autocommit mode. Raises: ServiceError."""
        url = self.url(database or self.maintenance, role="admin")
        try:
            return psycopg.connect(
                url, autocommit=True, connect_timeout=10, application_name=APPLICATION
            )
        except psycopg.OperationalError as error:
            raise ServiceError(NAME, f"cannot be reached: {str(error).strip()}") from None

    def create(self, database: str) -> None:
        """A new empty database that the app role owns. Raises: ServiceError."""
        self._administer("CREATE DATABASE {} OWNER {}", database, self.app.user)

    def clone(self, template: str, database: str) -> None:
        """A copy of a database in which nobody works; the app role owns it.

        Raises: ServiceError, for example when the disk is full.
        """
        how = " STRATEGY FILE_COPY" if self.version >= (15, 0) else ""
        statement = "CREATE DATABASE {} TEMPLATE {} OWNER {}" + how
        self._administer(statement, database, template, self.app.user)

    def take(self, template: str, database: str) -> None:
        """Make the template itself an ordinary database, at once: for the only one who needs it.

        Raises: ServiceError.
        """
        statement = "ALTER DATABASE {} WITH IS_TEMPLATE false ALLOW_CONNECTIONS true"
        self._administer(statement, template)
        self._administer("ALTER DATABASE {} RENAME TO {}", template, database)

    def seal(self, database: str) -> None:
        """Make a database a template that can only be cloned from now on."""
        self._administer(
            "ALTER DATABASE {} WITH IS_TEMPLATE true ALLOW_CONNECTIONS false", database
        )

    def drop(self, database: str) -> None:
        """Delete a database with the sessions in it; harmless when it is not there."""
        if self._exists(database):
            self._administer("ALTER DATABASE {} WITH IS_TEMPLATE false", database)
            self._administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", database)

    def drop_role(self, role: str) -> None:
        """Delete a role that owns nothing any more; harmless when it is not there."""
        self._administer("DROP ROLE IF EXISTS {}", role)

    def set_password(self, login: Login, *, options: str) -> None:
        """Create the role of a login if need be, and give it its password and options."""
        with self.connect() as connection:
            known = connection.execute(
                "SELECT 1 FROM pg_roles WHERE rolname = %s", [login.user]
            ).fetchone()
            verb = "ALTER" if known else "CREATE"
            connection.execute(
                sql.SQL(f"{verb} ROLE {{}} WITH LOGIN {options} PASSWORD {{}}").format(
                    sql.Identifier(login.user), sql.Literal(login.password)
                )
            )

    def telemetry(self, on: bool) -> None:  # noqa: FBT001 - a switch has one argument
        """Switch SQL telemetry; returns when it is so in every session, old and new.

        Raises: ServiceNotReady when the server does not follow within ten seconds, ServiceError
        when the admin role may not do that.
        """
        telemetry.switch(self.connect, on=on)

    def missing_telemetry(self) -> list[str]:
        """What the SQL witness needs and this server does not offer, as ``name = value``."""
        with self.connect() as connection:
            return telemetry.missing(connection)

    def _exists(self, database: str) -> bool:
        with self.connect() as connection:
            query = "SELECT 1 FROM pg_database WHERE datname = %s"
            return connection.execute(query, [database]).fetchone() is not None

    def _administer(self, statement: str, *names: str) -> None:
        """Run a statement about databases and roles. Raises: ServiceError saying which."""
        composed = sql.SQL(statement).format(*map(sql.Identifier, names))
        with self.connect() as connection:
            try:
                connection.execute(composed)
            except psycopg.Error as error:
                text = composed.as_string(connection)
                raise ServiceError(NAME, f"{text} failed: {str(error).strip()}") from None
