"""What refcmdb takes from its environment, read once into one frozen object."""

from __future__ import annotations

import dataclasses
import ipaddress
import os
import pathlib
import re
import secrets
import tempfile
import urllib.parse
from typing import TYPE_CHECKING, Any

from refcmdb import variables
from refcmdb.middleware.compression.settings import Compression
from refcmdb.middleware.security.toggles import Toggles
from refcmdb.monitoring.alerting import Alerting
from refcmdb.monitoring.settings import Monitoring
from refcmdb.services.addresses import Egress
from refcmdb.services.assistant.settings import Assistance
from refcmdb.services.encryption import KeyProblem, KeyRing
from refcmdb.services.vault import Vault
from refcmdb.variables import SHORTEST_SECRET, SettingsError, number, setting

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PARTS", "Settings", "SettingsError"]

LOOPBACK = ("127.0.0.1/32", "::1/128")
# The fields of Settings that have variables of their own.
PARTS = {
    "protection": Toggles,
    "monitoring": Monitoring,
    "alerting": Alerting,
    "compression": Compression,
    "assistant": Assistance,
    "vault": Vault,
}


def read_database_url(text: str) -> str:
    """A URL of PostgreSQL. Raises: ValueError."""
    if urllib.parse.urlsplit(text).scheme not in {"postgresql", "postgres"}:
        raise ValueError("must start with postgresql://")
    return text


def read_redis_url(text: str) -> str:
    """A URL of Redis. Raises: ValueError."""
    if urllib.parse.urlsplit(text).scheme not in {"redis", "rediss", "unix"}:
        raise ValueError("must start with unix://, redis:// or rediss://")
    return text


def read_origins(text: str) -> frozenset[str]:
    """Web origins, separated by commas. Raises: ValueError."""
    words = text.replace(",", " ").split()
    for word in words:
        if not re.fullmatch(r"https?://[a-z0-9.-]+(:[0-9]+)?", word):
            raise ValueError(f"must be origins such as https://noc.example.com, not {word!r}")
    return frozenset(words)


def read_assets_url(text: str) -> str:
    """A URL that names of files can follow. Raises: ValueError."""
    if not re.fullmatch(r"https?://[a-z0-9.-]+(:[0-9]+)?/([A-Za-z0-9._~-]+/)*", text):
        problem = "must be a URL with a slash at its end, https://cdn.example.com/"
        raise ValueError(f"{problem}, not {text!r}")
    return text


def read_secret(text: str) -> bytes:
    """Something that nobody guesses. Raises: ValueError."""
    if len(text) < SHORTEST_SECRET:
        raise ValueError(f"must have at least {SHORTEST_SECRET} characters")
    return text.encode()


def read_directory(text: str) -> pathlib.Path:
    """A directory that can be written, made if need be. Raises: ValueError."""
    path = pathlib.Path(text).absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            return path
    except OSError as error:
        problem = f"names a directory that cannot be written: {text} ({error.strerror})"
        raise ValueError(problem) from None


def read_keys(text: str) -> KeyRing:
    """See :meth:`KeyRing.parse`. Raises: ValueError."""
    try:
        return KeyRing.parse(text)
    except KeyProblem as error:
        raise ValueError(str(error)) from None


def read_egress(text: str) -> Egress:
    """See :meth:`Egress.parse`. Raises: ValueError."""
    try:
        return Egress.parse(text)
    except ValueError:
        problem = "must be public, none, or networks such as 192.0.2.0/24"
        raise ValueError(f"{problem}, not {text!r}") from None


def read_networks(text: str) -> tuple[str, ...]:
    """Addresses and networks, separated by commas. Raises: ValueError."""
    words = text.replace(",", " ").split()
    try:
        return tuple(str(ipaddress.ip_network(word)) for word in words)
    except ValueError:
        problem = "must be addresses or networks such as 192.0.2.7 or 192.0.2.0/24"
        raise ValueError(f"{problem}, not {text!r}") from None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The configuration of one process."""

    database_url: str = setting(
        "REFCMDB_DATABASE_URL",
        "the database; backups need a role that has REPLICATION and may read all tables",
        read=read_database_url,
        values="a postgresql:// URL",
        secret=True,
    )
    redis_url: str = setting(
        "REFCMDB_REDIS_URL",
        "Redis or Valkey; without it every answer is computed anew",
        read=read_redis_url,
        values="unix://, redis:// or rediss://",
        secret=True,
        default="",
    )
    cache_ttl_s: int = number(
        "REFCMDB_CACHE_TTL",
        "seconds that an answer is kept at most",
        default=60,
        highest=86_400,
    )
    pool_size: int = number(
        "REFCMDB_POOL_SIZE",
        "connections to PostgreSQL that one instance uses at once; as many may idle",
        default=8,
        highest=200,
    )
    pool_wait_s: int = number(
        "REFCMDB_POOL_WAIT",
        "seconds that a request waits for one of them; then 503",
        default=10,
        highest=600,
    )
    statement_timeout_s: int = number(
        "REFCMDB_STATEMENT_TIMEOUT",
        "seconds of a statement, and of an idle transaction; then 503",
        default=30,
        highest=3600,
    )
    drain_s: int = number(
        "REFCMDB_DRAIN",
        "seconds that requests are answered on after SIGTERM, while `/health` says `draining`",
        default=0,
        lowest=0,
        highest=600,
    )
    balancers: tuple[str, ...] = setting(
        "REFCMDB_BALANCERS",
        "who may say by `X-Forwarded-For` and `-Proto` whose request it is, and that it came by"
        " HTTPS: without them cookies are not `Secure`, and logs and locks name the balancer",
        read=read_networks,
        values="addresses or networks, separated by commas",
        shown=",".join(LOOPBACK),
        default=LOOPBACK,
    )
    cors_origins: frozenset[str] = setting(
        "REFCMDB_CORS_ORIGINS",
        "whose pages may read answers in a browser",
        read=read_origins,
        values="https://noc.example.com, separated by commas",
        default=frozenset(),
    )
    secret: bytes = setting(
        "REFCMDB_SECRET",
        "signs page cursors and CSRF tokens; instances behind one balancer share it",
        read=read_secret,
        values=f"at least {SHORTEST_SECRET} characters",
        shown="another one for each process",
        secret=True,
        default_factory=lambda: secrets.token_bytes(32),
    )
    assets_url: str = setting(
        "REFCMDB_ASSETS_URL",
        "a CDN from which browsers get the files of the web application, and which asks refcmdb",
        read=read_assets_url,
        values="https://cdn.example.com/",
        default="",
    )
    storage: pathlib.Path | None = setting(
        "REFCMDB_STORAGE",
        "the directory of attachments, which belong to every backup",
        read=read_directory,
        values="a directory",
        shown="a private one that goes with the process",
        default=None,
    )
    backups: pathlib.Path | None = setting(
        "REFCMDB_BACKUPS",
        "the directory of backups, on another disk or machine than the cluster",
        read=read_directory,
        values="a directory",
        default=None,
    )
    backup_keep: int = number(
        "REFCMDB_BACKUP_KEEP",
        "so many of the newest backups stay",
        default=14,
        highest=10_000,
    )
    backup_keep_days: int = number(
        "REFCMDB_BACKUP_KEEP_DAYS",
        "all backups that are younger stay, too",
        default=30,
        highest=36_500,
    )
    keys: KeyRing = setting(
        "REFCMDB_KEYS",
        "the first key seals secrets and backups, all open them; without keys nothing can be"
        " sealed or restored",
        read=read_keys,
        values="id:base64, separated by commas, a file with them, or vault://secret/cmdb",
        secret=True,
        default_factory=KeyRing,
    )
    egress: Egress = setting(
        "REFCMDB_WEBHOOK_ALLOW",
        "where webhooks, downloads and questions to the assistant may go",
        read=read_egress,
        values="public, none, or networks such as 192.0.2.0/24, separated by commas",
        shown="public",
        default_factory=Egress,
    )
    protection: Toggles = dataclasses.field(default_factory=Toggles)
    monitoring: Monitoring = dataclasses.field(default_factory=Monitoring)
    alerting: Alerting = dataclasses.field(default_factory=Alerting)
    compression: Compression = dataclasses.field(default_factory=Compression)
    assistant: Assistance = dataclasses.field(default_factory=Assistance)
    vault: Vault = dataclasses.field(default_factory=Vault)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """The settings of the ``REFCMDB_…`` variables; an empty one is as if it were not set.

        Raises: SettingsError for the first variable that is missing or wrong.
        """
        parts: dict[str, Any] = {
            name: variables.read(kind, environment) for name, kind in PARTS.items()
        }
        return variables.read(cls, parts["vault"].resolved(environment), **parts)
