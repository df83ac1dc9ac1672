"""The Redis witness: what is stored in one Redis database, searched for tokens."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import redis

from pytest_cmdbguard.errors import ServiceError
from pytest_cmdbguard.model import Sighting
from pytest_cmdbguard.witnesses.database import APPLICATION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_BATCH = 500
# Type to the command that reads all of a key, and what follows the key in it.
_READERS: Mapping[object, tuple[str, tuple[object, ...]]] = {
    b"string": ("GET", ()),
    b"hash": ("HGETALL", ()),
    b"list": ("LRANGE", (0, -1)),
    b"set": ("SMEMBERS", ()),
    b"zset": ("ZRANGE", (0, -1)),
    b"stream": ("XRANGE", ("-", "+")),
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One key with everything it holds as bytes, and its seconds to live (-1: for ever)."""

    key: bytes
    content: bytes
    ttl_s: int


class RedisWitness:
    """Watches one Redis database.

    Args:
        url: as redis-py takes it (``redis://…``, ``unix://…``).
    Raises: ServiceError if nothing answers there.
    """

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(url, client_name=APPLICATION)
        try:
            self._redis.ping()
        except redis.RedisError as error:
            self._redis.close()
            raise ServiceError("Redis", f"no witness can connect: {error}") from error

    def dump(self, pattern: str = "*") -> dict[bytes, Entry]:
        """All entries whose key matches a glob pattern, by key."""
        return {entry.key: entry for entry in self._entries(pattern)}

    def find_token(self, token: str) -> list[Sighting]:
        """Where a token is stored; ``position`` is ``key`` or ``value``, ``text`` the key."""
        needle = token.lower().encode()
        return [
            Sighting(
                witness="redis",
                token=token,
                position="key" if needle in entry.key.lower() else "value",
                text=entry.key.decode("utf-8", "replace"),
            )
            for entry in self._entries("*")
            if needle in (entry.key + b"\0" + entry.content).lower()
        ]

    def close(self) -> None:
        """Give the connection back; harmless when done twice."""
        self._redis.close()

    def _entries(self, pattern: str) -> Iterator[Entry]:
        for key in sorted(self._redis.scan_iter(match=pattern, count=_BATCH)):
            content = self._content(key)
            if content is not None:
                yield Entry(key=key, content=content, ttl_s=int(self._redis.ttl(key)))

    def _content(self, key: bytes) -> bytes | None:
        """Whatever a key of any common type holds; None when it is gone by now."""
        reader = _READERS.get(self._redis.type(key))
        if reader is None:
            return None
        command, rest = reader
        # redis-py leaves this one untyped
        answer = self._redis.execute_command(command, key, *rest)  # type: ignore[no-untyped-call]
        return b"\n".join(_flat(answer))


def _flat(answer: object) -> Iterator[bytes]:
    """The byte strings in an answer, however deep."""
    if isinstance(answer, dict):
        answer = list(answer.items())
    if isinstance(answer, list | tuple | set):
        for part in answer:
            yield from _flat(part)
    elif isinstance(answer, bytes):
        yield answer
