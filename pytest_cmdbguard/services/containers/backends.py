"""PostgreSQL and Redis of a deployment: how the run gets in, and how the instances do."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from pytest_cmdbguard.errors import ServiceError, ServiceNotReady, SettingsError
from pytest_cmdbguard.services.cluster_settings import ADMIN
from pytest_cmdbguard.services.postgres import Login, Postgres
from pytest_cmdbguard.services.telemetry import NAME as POSTGRES

from . import daemon
from .blueprint import POSTGRES_PORT, POSTGRES_SCHEMES, REDIS_PORT, REDIS_SCHEMES
from .postgres import answered_version

if TYPE_CHECKING:
    from collections.abc import Callable

    from docker.models.containers import Container as Wrapped

    from .blueprint import Blueprint

POLL_S = 0.1
# Whom it trusts is the business of a check; paths of authorities are good inside only.
UNJUDGED = "ssl_cert_reqs=none&ssl_check_hostname=false"


def postgres_of(container: Wrapped, blueprint: Blueprint, *, within_s: float) -> Postgres:
    """The server with a superuser of the run's own, made through the server's own socket.

    ``maintenance`` is the database of the instances, ``app`` their role as the run's network
    reaches it. Raises: SettingsError where nobody knows their URL, ServiceError, ServiceNotReady.
    """
    parts = _url(blueprint, "postgres", POSTGRES_SCHEMES)
    admin = Login(
        user=ADMIN,
        password=secrets.token_urlsafe(24),
        host="127.0.0.1",
        port=published(container, POSTGRES_PORT),
    )
    told = (line.partition("=") for line in container.attrs["Config"]["Env"])
    user = {name: text for name, _, text in told}.get("POSTGRES_USER", "postgres")
    statement = f"CREATE ROLE {ADMIN} SUPERUSER LOGIN PASSWORD '{admin.password}'"
    words = ["psql", "--quiet", "--no-psqlrc", "--username", user, "--dbname", "postgres"]
    words += ["--command", statement]
    wait(lambda: _executes(container, words), POSTGRES, within_s=within_s)
    app = Login(
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        host=blueprint.postgres,
        port=POSTGRES_PORT,
        parameters={name: text for name, text in parse_qsl(parts.query) if name != "host"},
    )
    database = parts.path.strip("/")
    url = admin.url(database)
    version = wait(lambda: answered_version(url), POSTGRES, within_s=within_s)
    return Postgres(admin=admin, app=app, version=version, maintenance=database)


def redis_urls(container: Wrapped, blueprint: Blueprint) -> tuple[str, str]:
    """The URL of the instances' database for this machine, and for containers of the run.

    Raises: SettingsError where nobody knows their URL, ServiceError.
    """
    parts = _url(blueprint, "redis", REDIS_SCHEMES)
    if parts.scheme == "unix":
        number = dict(parse_qsl(parts.query)).get("db", "0")
        parts = SplitResult("redis", parts.netloc, number, "", "")
    parts = parts._replace(query=UNJUDGED if parts.scheme == "rediss" else "")
    whose, at, _ = parts.netloc.rpartition("@")
    port = published(container, REDIS_PORT)
    places = (f"127.0.0.1:{port}", f"{blueprint.redis}:{REDIS_PORT}")
    outside, inside = (parts._replace(netloc=f"{whose}{at}{place}").geturl() for place in places)
    return outside, inside


def published(container: Wrapped, port: int) -> int:
    """Where a port of it is on 127.0.0.1. Raises: ServiceError when it is nowhere."""
    told = container.attrs["NetworkSettings"]["Ports"].get(f"{port}/tcp")
    if not told:
        raise ServiceError(str(container.name), f"its port {port} could not be published")
    return int(told[0]["HostPort"])


def wait[T](answer: Callable[[], T | None], service: str, *, within_s: float) -> T:
    """What the question is answered with, as soon as that is not None. Raises: ServiceNotReady."""
    begin = time.monotonic()
    while (value := answer()) is None:
        waited_s = time.monotonic() - begin
        if waited_s > within_s:
            remedy = "look at its health check, or raise timeout_s of [containers]"
            raise ServiceNotReady(service, waited_s=waited_s, last_log="", remedy=remedy)
        time.sleep(POLL_S)
    return value


def _url(blueprint: Blueprint, role: str, schemes: tuple[str, ...]) -> SplitResult:
    """How the instances reach a service."""
    if url := blueprint.url(schemes):
        return urlsplit(url)
    remedy = (
        f"no variable and no secret of {blueprint.instances[0]} is a {schemes[0]}:// URL;"
        f" hand one over, or leave {role} out, and nothing is seen of it"
    )
    key, value = f"containers.services.{role}", getattr(blueprint, role)
    raise SettingsError(key, value, source="cmdbguard.toml", remedy=remedy)


def _executes(container: Wrapped, argv: list[str]) -> bool | None:
    with daemon.told(str(container.name)):
        code, _ = container.exec_run(argv)
    return code == 0 or None
