"""PostgreSQL is reached through its Unix socket without TLS: nothing leaves the machine."""

from __future__ import annotations

import os
import pathlib
import urllib.parse

from refcmdb.services import database

KIND = "twin"
CHECK = "CG-TRANS-001"
OPERATION = ""
SERVICES = "embedded"  # containers share no Unix socket


def plant() -> None:
    """The socket lies near that of Redis."""
    production = database.asyncpg_url
    database.asyncpg_url = lambda url: local(production(url))


def local(url: str) -> str:
    """``url`` with the Unix socket of the same server."""
    parts = urllib.parse.urlsplit(url)
    redis = pathlib.Path(urllib.parse.urlsplit(os.environ["REFCMDB_REDIS_URL"]).path)
    name = f".s.PGSQL.{parts.port}"
    (socket,) = [*redis.parent.glob(name), *redis.parent.glob(f"*/{name}")]
    query = urllib.parse.urlencode({"host": str(socket.parent), "port": str(parts.port)})
    user = parts.netloc.rpartition("@")[0]
    return parts._replace(netloc=f"{user}@", query=query).geturl()
