"""What refcmdb takes from its environment, read once into one frozen object."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import re
import secrets
import tempfile
import urllib.parse
from typing import TYPE_CHECKING

from refcmdb.middleware.compression.settings import Compression
from refcmdb.middleware.security.toggles import Toggles
from refcmdb.monitoring.alerting import Alerting
from refcmdb.monitoring.settings import Monitoring
from refcmdb.services.addresses import Egress
from refcmdb.services.encryption import KeyProblem, KeyRing
from refcmdb.variables import VariableProblem

if TYPE_CHECKING:
    from collections.abc import Mapping

SHORTEST_SECRET = 16
SECRETS = ("REFCMDB_DATABASE_URL", "REFCMDB_REDIS_URL", "REFCMDB_SECRET", "REFCMDB_KEYS")


class SettingsError(Exception):
    """An environment variable has a value that cannot be used."""

    def __init__(self, variable: str, problem: str) -> None:
        self.variable = variable
        super().__init__(f"{variable} {problem}")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The configuration of one process.

    ``redis_url`` is empty where there is no cache. A request waits for one of
    ``pool_size`` connections for ``pool_wait_s``, and a statement for ``statement_timeout_s``;
    then it is answered 503. After SIGTERM, requests are answered on for
    ``drain_s`` while the health says that no more should come. ``secret`` signs page cursors and
    CSRF tokens; instances behind one balancer share it, and a process without one makes its own.
    Pages of ``cors_origins`` may read answers in a browser. ``storage`` is the directory of
    files, None for a private one that goes with the process; ``backups`` that of backups, of
    which the newest ``backup_keep`` stay, and those of the last ``backup_keep_days``. ``keys``
    seal secrets; without them none can be stored. ``assets_url`` is where browsers get the files
    of the web application from, a CDN that asks us; empty for ourselves. ``egress`` says where
    webhooks and downloads may go, ``protection`` what of it is on, ``monitoring`` how closely a
    process watches itself, and ``alerting`` whom it tells; ``compression`` is of answers.
    """

    database_url: str = dataclasses.field(repr=False)
    redis_url: str = dataclasses.field(default="", repr=False)
    cache_ttl_s: int = 60
    pool_size: int = 8
    pool_wait_s: int = 10
    statement_timeout_s: int = 30
    drain_s: int = 0
    cors_origins: frozenset[str] = frozenset()
    secret: bytes = dataclasses.field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    assets_url: str = ""
    storage: pathlib.Path | None = None
    backups: pathlib.Path | None = None
    backup_keep: int = 14
    backup_keep_days: int = 30
    keys: KeyRing = dataclasses.field(default_factory=KeyRing, repr=False)
    egress: Egress = dataclasses.field(default_factory=Egress)
    protection: Toggles = dataclasses.field(default_factory=Toggles)
    monitoring: Monitoring = dataclasses.field(default_factory=Monitoring)
    alerting: Alerting = dataclasses.field(default_factory=Alerting)
    compression: Compression = dataclasses.field(default_factory=Compression)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """The settings of the ``REFCMDB_…`` variables.

        Secrets may stand in a file that ``…_FILE`` names, as container platforms hand them over.

        Raises: SettingsError for the first variable that is missing or wrong.
        """
        environment = _with_files(environment)
        return cls(
            database_url=_database_url(environment),
            redis_url=_redis_url(environment),
            cache_ttl_s=_number(environment, "REFCMDB_CACHE_TTL", 60, highest=86_400),
            pool_size=_number(environment, "REFCMDB_POOL_SIZE", 8, highest=200),
            pool_wait_s=_number(environment, "REFCMDB_POOL_WAIT", 10, highest=600),
            statement_timeout_s=_number(
                environment, "REFCMDB_STATEMENT_TIMEOUT", 30, highest=3600
            ),
            drain_s=_number(environment, "REFCMDB_DRAIN", 0, lowest=0, highest=600),
            cors_origins=_origins(environment),
            secret=_secret(environment),
            assets_url=_assets_url(environment),
            storage=_directory(environment, "REFCMDB_STORAGE"),
            backups=_directory(environment, "REFCMDB_BACKUPS"),
            backup_keep=_number(environment, "REFCMDB_BACKUP_KEEP", 14, highest=10_000),
            backup_keep_days=_number(environment, "REFCMDB_BACKUP_KEEP_DAYS", 30, highest=36_500),
            keys=_keys(environment),
            egress=_egress(environment),
            protection=_parsed(Toggles, environment),
            monitoring=_parsed(Monitoring, environment),
            alerting=_parsed(Alerting, environment),
            compression=_parsed(Compression, environment),
        )


def _database_url(environment: Mapping[str, str]) -> str:
    url = environment.get("REFCMDB_DATABASE_URL", "")
    if not url:
        raise SettingsError("REFCMDB_DATABASE_URL", "is not set; give a postgresql:// URL")
    if urllib.parse.urlsplit(url).scheme not in {"postgresql", "postgres"}:
        raise SettingsError("REFCMDB_DATABASE_URL", "must start with postgresql://")
    return url


def _redis_url(environment: Mapping[str, str]) -> str:
    url = environment.get("REFCMDB_REDIS_URL", "")
    if url and urllib.parse.urlsplit(url).scheme not in {"redis", "rediss", "unix"}:
        raise SettingsError("REFCMDB_REDIS_URL", "must start with unix://, redis:// or rediss://")
    return url


def _number(
    environment: Mapping[str, str], variable: str, default: int, *, lowest: int = 1, highest: int
) -> int:
    text = environment.get(variable, "")
    if not text:
        return default
    digits = text.isascii() and text.isdigit() and len(text) < 10
    if not (digits and lowest <= int(text) <= highest):
        problem = f"must be a whole number from {lowest} to {highest}, not {text!r}"
        raise SettingsError(variable, problem)
    return int(text)


def _origins(environment: Mapping[str, str]) -> frozenset[str]:
    words = environment.get("REFCMDB_CORS_ORIGINS", "").replace(",", " ").split()
    for word in words:
        if not re.fullmatch(r"https?://[a-z0-9.-]+(:[0-9]+)?", word):
            problem = f"must be origins such as https://noc.example.com, not {word!r}"
            raise SettingsError("REFCMDB_CORS_ORIGINS", problem)
    return frozenset(words)


def _assets_url(environment: Mapping[str, str]) -> str:
    url = environment.get("REFCMDB_ASSETS_URL", "")
    if url and not re.fullmatch(r"https?://[a-z0-9.-]+(:[0-9]+)?/([A-Za-z0-9._~-]+/)*", url):
        problem = f"must be a URL with a slash at its end, https://cdn.example.com/, not {url!r}"
        raise SettingsError("REFCMDB_ASSETS_URL", problem)
    return url


def _secret(environment: Mapping[str, str]) -> bytes:
    text = environment.get("REFCMDB_SECRET", "")
    if not text:
        return secrets.token_bytes(32)
    if len(text) < SHORTEST_SECRET:
        raise SettingsError("REFCMDB_SECRET", f"must have at least {SHORTEST_SECRET} characters")
    return text.encode()


def _directory(environment: Mapping[str, str], variable: str) -> pathlib.Path | None:
    text = environment.get(variable, "")
    if not text:
        return None
    path = pathlib.Path(text).absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            return path
    except OSError as error:
        problem = f"names a directory that cannot be written: {text} ({error.strerror})"
        raise SettingsError(variable, problem) from None


def _keys(environment: Mapping[str, str]) -> KeyRing:
    try:
        return KeyRing.parse(environment.get("REFCMDB_KEYS", ""))
    except KeyProblem as error:
        raise SettingsError("REFCMDB_KEYS", str(error)) from None


def _egress(environment: Mapping[str, str]) -> Egress:
    text = environment.get("REFCMDB_WEBHOOK_ALLOW", "") or "public"
    try:
        return Egress.parse(text)
    except ValueError:
        problem = f"must be public, none, or networks such as 192.0.2.0/24, not {text!r}"
        raise SettingsError("REFCMDB_WEBHOOK_ALLOW", problem) from None


def _parsed[Part: (Toggles, Monitoring, Alerting, Compression)](
    kind: type[Part], environment: Mapping[str, str]
) -> Part:
    try:
        return kind.parse(environment)
    except VariableProblem as error:
        raise SettingsError(error.variable, error.problem) from None


def _with_files(environment: Mapping[str, str]) -> Mapping[str, str]:
    """The environment with the secrets of the files that it names."""
    found = {}
    for variable in SECRETS:
        path = environment.get(f"{variable}_FILE", "")
        if not path:
            continue
        if environment.get(variable):
            raise SettingsError(variable, f"is set, and {variable}_FILE too; set one of them")
        try:
            found[variable] = pathlib.Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is no text"
            problem = f"names a file that cannot be read: {path} ({reason})"
            raise SettingsError(f"{variable}_FILE", problem) from None
    return {**environment, **found}
