"""What is tested: how it starts, what it offers, who uses it, how it is filled."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Protocol

from pytest_cmdbguard.errors import SettingsError
from pytest_cmdbguard.services.containers.options import Options
from pytest_cmdbguard.settings import IMAGE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pytest_cmdbguard.model import Actor, Json
    from pytest_cmdbguard.services.tls import Certificate
    from pytest_cmdbguard.settings import Settings

NAMES = ("refcmdb", "nautobot", "openapi", "image:NAME")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SpeedCase:
    """A request that users wait for.

    ``path`` is a path and query with places such as ``{id}``; ``values`` is the SQL that yields
    one row per distinct request, its columns named like the places (at least a hundred rows, so
    that no cache answers).
    """

    operation: str
    path: str
    values: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """How people log in with a browser: the operation, and which fields of its form are what."""

    operation: str
    username: str = "username"
    password: str = "password"  # noqa: S105 - the name of a field


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """What a target says of its own defences.

    An actor gets at most ``requests`` answers ``within_s`` seconds (0: nobody told) from an
    instance with ``environment``, empty where that is the one that is attacked. ``events`` maps
    ``login_failed``, ``login_locked``, ``denied_read``, ``denied_write`` and ``token_refused`` to
    the regular expression of its line in the log, with places ``{actor}`` and ``{object}``.
    ``partner`` is an address of the loopback interface that an instance with
    ``partner_environment`` may send requests to; empty where nobody told.
    """

    requests: int = 0
    within_s: int = 10
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    events: Mapping[str, str] = dataclasses.field(default_factory=dict)
    partner: str = ""
    partner_environment: Mapping[str, str] = dataclasses.field(default_factory=dict)


class Target(Protocol):
    """The system under test, as data and as the commands that run it.

    ``running`` is the base URL of a target that somebody else runs, None for one that we start.
    ``environment`` is added to that of every process of the target; the run puts its mark there.
    ``shared`` holds the path prefixes of what all tenants may see.
    ``speed`` maps what users do (``list``, ``filter``, ``search``, ``detail``) to a request.
    ``policy`` maps operation ids to the roles that may call them, where the document does not say.
    ``login`` is how people get a cookie, None where there is no such way or nobody told.
    ``protection`` is what the target says of its own defences.
    ``image`` is what its containers are made from, None for one that runs as a process; ``port``
    is where it answers inside. All its commands run in containers of the image then.
    """

    name: str
    running: str | None
    image: str | None
    port: int
    ready_path: str
    environment: Mapping[str, str]
    shared: frozenset[str]
    speed: Mapping[str, SpeedCase]
    login: Login | None
    protection: Protection
    policy: Mapping[str, tuple[str, ...]]
    https: str | None
    authority: Path | None

    @property
    def unhurried(self) -> Mapping[str, str]:
        """For instances of a deployment, besides their own environment.

        Probes come from one address, and no limit of it may stop them.
        """

    @property
    def directory(self) -> Path | None:
        """Where its commands run, None where that does not matter."""

    @property
    def code(self) -> tuple[Path, ...]:
        """Files and directories of its source; empty where it is not Python or nobody told."""

    @property
    def python(self) -> Path | None:
        """The interpreter that runs it; None as above."""

    @property
    def build_files(self) -> tuple[Path, ...]:
        """The Dockerfiles and compose files that come with it; the settings may name others."""

    @property
    def version(self) -> str:
        """What the document says. Raises: DocumentError."""

    def document(self) -> Json:
        """The OpenAPI document, without any service. Raises: DocumentError."""

    def seed_key(self, records: int) -> str:
        """Equal keys mean equal databases; empty when nobody can know that."""

    def seed(self, database_url: str, records: int) -> None:
        """Fill an empty database with the schema and the records. Raises: ServiceError."""

    def command(
        self, *, port: int, database_url: str, redis_url: str
    ) -> tuple[list[str], dict[str, str]]:
        """Argument list and environment of the process that serves on 127.0.0.1.

        Of an image: what follows its entrypoint, and it serves on every address inside.
        """

    def front(
        self,
        *,
        https_port: int,
        http_port: int,
        upstreams: Sequence[str],
        certificate: Certificate,
    ) -> list[str] | None:
        """Argument list of the process that ends TLS before the ``upstreams`` (``host:port``).

        Of an image: what follows its entrypoint, and all addresses inside are meant. None when
        the target has no such thing.
        """

    def mint(self, database_url: str) -> tuple[Actor, ...]:
        """The actors, with credentials that are good for this database. Raises: ServiceError."""

    def expendable(self, database_url: str) -> tuple[Actor, ...]:
        """Users with passwords whom checks may lock and delete. Raises: ServiceError."""


def _image_options(settings: Settings) -> Options | None:
    """Of refcmdb's image, where the run is in containers. Raises: SettingsError."""
    if settings.services != "containers":
        return None
    options = Options.read(settings)
    if not options.cmdb:
        remedy = (
            "build it (docker build --file refcmdb/infrastructure/Dockerfile --tag refcmdb .),"
            ' and say cmdb = "refcmdb" in [containers]'
        )
        raise SettingsError("containers.cmdb", "", source="cmdbguard.toml", remedy=remedy)
    return options


def load(settings: Settings) -> Target:
    """The target that the settings name.

    Raises: SettingsError when there is no such target, or its table is wrong.
    """
    if settings.target == "refcmdb":
        from .refcmdb import RefCmdb  # noqa: PLC0415 - only the chosen target is imported

        target = RefCmdb(fault=settings.fault, options=_image_options(settings))
        if authority := settings.table("target").get("authority"):
            target.authority = settings.rootpath / str(authority)
        target.require_known_fault(source=settings.sources.get("fault", "default"))
        return target
    if settings.target == "nautobot":
        from .nautobot import Nautobot  # noqa: PLC0415

        return Nautobot()
    if settings.target == "openapi" or settings.target.startswith(IMAGE):
        from .openapi import OpenApiTarget  # noqa: PLC0415

        return OpenApiTarget.from_settings(settings)
    raise SettingsError(
        "--cmdbguard-target",
        settings.target,
        source=settings.sources.get("target", "default"),
        remedy=f"use one of: {', '.join(NAMES)}",
    )
