"""The link witness: how the target's process talks to its database, its Redis and to others.

PostgreSQL says of each of its connections whether it is encrypted (``pg_stat_ssl``), Redis on
which of its ports it came in (``CLIENT LIST``), and the kernel which sockets the process has. What
goes through a Unix socket never leaves the machine.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import threading
from typing import TYPE_CHECKING

import psutil
import redis
from sqlalchemy import text

from pytest_cmdbguard.witnesses.database import APPLICATION, connect

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

UNKNOWN = "unknown"
_PAUSE_S = 0.002
_LINKS = text("""
select coalesce(host(a.client_addr), ''), coalesce(a.client_port, -1), a.usename,
  a.application_name, coalesce(s.ssl, false), coalesce(s.version, ''), coalesce(s.cipher, '')
from pg_stat_activity a left join pg_stat_ssl s using (pid)
where a.datname = current_database() and a.backend_type = 'client backend'
  and a.pid <> pg_backend_pid() and a.application_name not like 'cmdbguard-%'
""")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One kind of connection that the target has.

    ``peer`` is ``PostgreSQL``, ``Redis`` or ``unknown``; ``kind`` is ``unix`` or ``tcp``;
    ``protection`` names version and cipher suite of TLS, and is empty without. ``source`` is the
    target's end, ``goal`` the other, each as ``address:port`` where it is known.
    """

    peer: str
    kind: str
    protection: str = ""
    name: str = ""
    source: str = ""
    goal: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether everyone on the way could read it."""
        return self.peer != UNKNOWN and self.kind == "tcp" and not self.protection

    @property
    def topic(self) -> str:
        """What stays the same when the target is started again."""
        return f"{self.peer} {self.name}".rstrip()

    def __str__(self) -> str:
        if self.kind == "unix":
            return f"{self.topic}: Unix socket"
        way = f"{self.source} to {self.goal}" if self.goal else f"from {self.source}"
        return f"{self.topic}: TCP {way}, {self.protection or 'no TLS'}"


class LinkWitness:
    """Watches connections for a while; those that last some milliseconds are seen, too.

    Args:
        admin_url: of a superuser of the target's database, None where nobody knows it.
        redis_url: the target's Redis, None where there is none or nobody knows it.
        port: on which the target answers requests on this machine, None when it is elsewhere.
        processes: their numbers where they are known, and the port is somebody else's on their
            behalf.
    """

    def __init__(
        self,
        admin_url: str | None,
        *,
        redis_url: str | None,
        port: int | None,
        processes: Sequence[int] = (),
    ) -> None:
        self._engine = connect(admin_url) if admin_url else None
        self._redis_url, self._port, self._processes = redis_url, port, processes

    @contextlib.contextmanager
    def watching(self) -> Iterator[list[Link]]:
        """What is open while the body runs; the list is complete when it has ended."""
        found: list[Link] = []
        looking, done = threading.Event(), threading.Event()
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            watch = pool.submit(self._watch, looking, done)
            looking.wait()
            try:
                yield found
            finally:
                done.set()
        sockets = dict(self._sockets())
        known = [*watch.result(), *self._at_redis()]
        ends = {link.source for link in known}
        found += [dataclasses.replace(link, goal=sockets.get(link.source, "")) for link in known]
        found += [
            Link(peer=UNKNOWN, kind="tcp", source=source, goal=goal)
            for source, goal in sockets.items()
            if source not in ends
        ]

    def close(self) -> None:
        """Give the connections back."""
        if self._engine:
            self._engine.dispose()

    def _watch(self, looking: threading.Event, done: threading.Event) -> list[Link]:
        """The connections that the database has until then. Raises: ServiceError."""
        seen: dict[Link, None] = {}
        try:
            if self._engine is None:
                return []
            with self._engine.connect() as connection:
                seen.update(dict.fromkeys(_at_database(connection)))
                looking.set()
                while not done.wait(_PAUSE_S):
                    seen.update(dict.fromkeys(_at_database(connection)))
                seen.update(dict.fromkeys(_at_database(connection)))
        finally:
            looking.set()
        return list(seen)

    def _at_redis(self) -> Iterator[Link]:
        """The clients of the target's Redis database; on which port TLS is, the server says."""
        if not self._redis_url:
            return
        with contextlib.closing(redis.Redis.from_url(self._redis_url)) as client:
            own = str(client.client_id())
            secure = _secure_port(client)
            number = str(client.connection_pool.connection_kwargs.get("db", 0))
            for one in client.client_list():
                ours = one["id"] == own or one["name"] == APPLICATION
                if not ours and one["db"] == number:
                    yield _redis_link(one, secure)

    def _sockets(self) -> Iterator[tuple[str, str]]:
        """Both ends of the connections that the target opened itself."""
        for process in self._processes or filter(None, [_listeners().get(self._port or 0)]):
            yield from _sockets_of(process)


def _sockets_of(process: int) -> Iterator[tuple[str, str]]:
    with contextlib.suppress(psutil.Error):
        found = psutil.Process(process).net_connections("inet")
        ports = {one.laddr.port for one in found if one.status == psutil.CONN_LISTEN}
        for one in found:
            if one.status == psutil.CONN_ESTABLISHED and one.laddr.port not in ports:
                yield f"{one.laddr.ip}:{one.laddr.port}", f"{one.raddr.ip}:{one.raddr.port}"


def _at_database(connection: Connection) -> list[Link]:
    return [
        Link(
            peer="PostgreSQL",
            kind="tcp" if address else "unix",
            protection=f"{version} {cipher}" if encrypted else "",
            name=f"({application or user})",
            source=f"{address}:{port}" if address else "",
        )
        for address, port, user, application, encrypted, version, cipher in connection.execute(
            _LINKS
        )
    ]


def _secure_port(client: redis.Redis) -> str | None:
    """The port with TLS, ``0`` where there is none, None where the server does not tell."""
    try:
        return str(client.config_get("tls-port").get("tls-port", "0"))
    except redis.ResponseError:
        return None


def _redis_link(one: dict[str, str], secure: str | None) -> Link:
    if one["addr"].startswith("/") or "U" in one.get("flags", ""):
        return Link(peer="Redis", kind="unix")
    local = one.get("laddr", "")
    is_secure = secure not in {None, "0"} and local.rpartition(":")[2] == secure
    peer = UNKNOWN if secure is None else "Redis"
    protection = "TLS" if is_secure else ""
    return Link(peer=peer, kind="tcp", protection=protection, source=one["addr"], goal=local)


def _listeners() -> dict[int, int]:
    """Port to process, of what listens on this machine and may be looked at."""
    try:
        found = psutil.net_connections("tcp")
    except psutil.Error:
        return {}
    return {
        one.laddr.port: one.pid
        for one in found
        if one.status == psutil.CONN_LISTEN and one.pid and one.laddr
    }
