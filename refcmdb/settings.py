"""What refcmdb takes from its environment, read once into one frozen object."""

from __future__ import annotations

import dataclasses
import os
import re
import secrets
import urllib.parse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SHORTEST_SECRET = 16


class SettingsError(Exception):
    """An environment variable has a value that cannot be used."""

    def __init__(self, variable: str, problem: str) -> None:
        self.variable = variable
        super().__init__(f"{variable} {problem}")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The configuration of one process.

    ``redis_url`` is empty where there is no cache. ``secret`` signs page cursors and CSRF tokens;
    instances behind one balancer share it, and a process without one makes its own. Pages of
    ``cors_origins`` may read answers in a browser.
    """

    database_url: str = dataclasses.field(repr=False)
    redis_url: str = dataclasses.field(default="", repr=False)
    cache_ttl_s: int = 60
    pool_size: int = 8
    statement_timeout_s: int = 30
    cors_origins: frozenset[str] = frozenset()
    secret: bytes = dataclasses.field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """The settings of the ``REFCMDB_…`` variables.

        Raises: SettingsError for the first variable that is missing or wrong.
        """
        return cls(
            database_url=_database_url(environment),
            redis_url=_redis_url(environment),
            cache_ttl_s=_number(environment, "REFCMDB_CACHE_TTL", 60, highest=86_400),
            pool_size=_number(environment, "REFCMDB_POOL_SIZE", 8, highest=200),
            statement_timeout_s=_number(
                environment, "REFCMDB_STATEMENT_TIMEOUT", 30, highest=3600
            ),
            cors_origins=_origins(environment),
            secret=_secret(environment),
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


def _number(environment: Mapping[str, str], variable: str, default: int, *, highest: int) -> int:
    text = environment.get(variable, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= highest):
        raise SettingsError(variable, f"must be a whole number from 1 to {highest}, not {text!r}")
    return int(text)


def _origins(environment: Mapping[str, str]) -> frozenset[str]:
    words = environment.get("REFCMDB_CORS_ORIGINS", "").replace(",", " ").split()
    for word in words:
        if not re.fullmatch(r"https?://[a-z0-9.-]+(:[0-9]+)?", word):
            problem = f"must be origins such as https://noc.example.com, not {word!r}"
            raise SettingsError("REFCMDB_CORS_ORIGINS", problem)
    return frozenset(words)


def _secret(environment: Mapping[str, str]) -> bytes:
    text = environment.get("REFCMDB_SECRET", "")
    if not text:
        return secrets.token_bytes(32)
    if len(text) < SHORTEST_SECRET:
        raise SettingsError("REFCMDB_SECRET", f"must have at least {SHORTEST_SECRET} characters")
    return text.encode()
