"""Redis, or Valkey, in a container: TLS only, a password, nothing kept."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from pytest_cmdbguard.errors import ServiceError
from pytest_cmdbguard.services import tls
from pytest_cmdbguard.services.redis import DATABASES, NAME, database_url, said_version

from .confining import BECOMES_ANOTHER, confined
from .container import Container, Plan
from .service import ContainerService

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_cmdbguard.services.run_directory import RunDirectory

    from .options import Options

HOST, PORT = "redis", 6379
PLACE = "/cmdbguard.conf"  # both official images take a command that ends so for their server's
SETTINGS = """\
port 0
tls-port {port}
tls-cert-file /cmdbguard-server.pem
tls-key-file /cmdbguard-server.key
tls-ca-cert-file /cmdbguard-authority.pem
tls-auth-clients no
requirepass {password}
databases {databases}
save ""
appendonly no
"""


# the official images begin as root in /data, a volume of theirs
CONFINED = confined(
    memory="1g",
    cpus=1,
    added=BECOMES_ANOTHER,
    writable={"/tmp": "nosuid,nodev,noexec"},  # noqa: S108 - of the container
)


class ContainerRedis(ContainerService):
    """A server of the run: many databases, reached from this machine and from containers."""

    def __init__(self, run: RunDirectory, *, options: Options) -> None:
        """Not started yet."""
        self.run, self.options = run, options
        self.name = NAME
        self.version = ""
        self.log: Path | None = run.logs / f"{HOST}.log"
        self._password = secrets.token_urlsafe(24)
        self._authority = run.path / "redis-tls" / "authority.pem"

    def url(self, database: int) -> str:
        """The URL of a database for this machine. Raises: ServiceError before it was started."""
        if self._container is None:
            raise ServiceError(NAME, "was not started")
        return self._url(*self._container.address, database)

    def inside_url(self, database: int) -> str:
        """The URL of a database for the containers of the run."""
        return self._url(HOST, PORT, database)

    def start(self) -> None:
        """Start and wait for PING through TLS.

        Raises: ServiceMissing, ServiceNotReady, ServiceError.
        """
        certificate = tls.issue(self._authority.parent, HOST)
        settings = SETTINGS.format(port=PORT, password=self._password, databases=DATABASES)
        plan = Plan(
            name=HOST,
            image=self.options.redis,
            command=[PLACE],
            port=PORT,
            files={
                PLACE: settings.encode(),
                "/cmdbguard-server.pem": certificate.chain.read_bytes(),
                "/cmdbguard-server.key": certificate.key.read_bytes(),
                "/cmdbguard-authority.pem": certificate.authority.read_bytes(),
            },
            arguments=CONFINED,
        )
        self._container = Container(self.run, plan, options=self.options)
        url = self.url(0)
        self.version = self._container.wait_ready(
            lambda: said_version(url), timeout_s=self.options.timeout_s
        )

    def _url(self, host: str, port: int, database: int) -> str:
        demand = urlencode({"ssl_ca_certs": str(self._authority)}, safe="/")
        return database_url(f"rediss://:{self._password}@{host}:{port}?{demand}", database)
