"""The commands that a Redis server received, as lists of arguments (``MONITOR``)."""

from __future__ import annotations

import contextlib
import dataclasses
import re
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import redis

from pytest_cmdbguard.errors import ServiceError, ServiceMissing
from pytest_cmdbguard.witnesses.database import APPLICATION

if TYPE_CHECKING:
    from collections.abc import Iterator

_LINE = re.compile(r"\+?[\d.]+ \[(\d+) [^\]]*\] (.*)", re.DOTALL)
_ARGUMENT = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|.)")
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b"}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command; bytes that are no ASCII stand as Latin-1 characters."""

    arguments: tuple[str, ...]

    @property
    def name(self) -> str:
        """In upper case."""
        return self.arguments[0].upper() if self.arguments else ""

    def __str__(self) -> str:
        return " ".join(repr(argument)[:120] for argument in self.arguments[:6])


class RedisMonitor:
    """Listens to one Redis database.

    Args:
        url: as redis-py takes it (``redis://…``, ``unix://…``).
    Raises: ServiceError if nothing answers there, ServiceMissing if nobody may listen.
    """

    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(url, client_name=APPLICATION)
        self._database = _database(url)
        try:
            self._client.ping()
            with self.listening():
                pass
        except redis.ResponseError as error:
            self._client.close()
            problem = f"it lets nobody listen (MONITOR): {error}"
            raise ServiceMissing(
                "Redis", problem, remedy="grant it to the user of its URL"
            ) from error
        except redis.RedisError as error:
            self._client.close()
            raise ServiceError("Redis", f"no witness can connect: {error}") from error

    @contextlib.contextmanager
    def listening(self) -> Iterator[list[Command]]:
        """The commands of the block, filled in at its end."""
        heard: list[Command] = []
        listener: Any = self._client.connection_pool.get_connection()
        try:
            listener.send_command("MONITOR")
            listener.read_response()
            yield heard
            heard += self._until_barrier(listener)
        finally:
            listener.disconnect()
            self._client.connection_pool.release(listener)

    def close(self) -> None:
        """Give the connections back; harmless when done twice."""
        self._client.close()

    def _until_barrier(self, listener: Any) -> Iterator[Command]:  # noqa: ANN401 - redis-py's
        """What came before a command of our own, in this database."""
        barrier = secrets.token_hex(12)
        self._client.echo(barrier)
        while True:
            database, command = _parsed(listener.read_response())
            if barrier in command.arguments:
                return
            if database == self._database:
                yield command


def _parsed(line: bytes | str) -> tuple[int, Command]:
    text = line.decode("latin-1") if isinstance(line, bytes) else line
    match = _LINE.match(text)
    if match is None:
        return -1, Command(arguments=())
    arguments = (_unescaped(argument) for argument in _ARGUMENT.findall(match[2]))
    return int(match[1]), Command(arguments=tuple(arguments))


def _unescaped(text: str) -> str:
    def plain(match: re.Match[str]) -> str:
        what = match[1]
        return chr(int(what[1:], 16)) if len(what) == 3 else _CONTROLS.get(what, what)

    return _ESCAPE.sub(plain, text)


def _database(url: str) -> int:
    """The number of the database that a URL names, in its query or as its path."""
    parts = urlsplit(url)
    told = parse_qs(parts.query).get("db", [""])[0]
    if not told and parts.scheme != "unix":
        told = parts.path.strip("/")
    return int(told or 0)
