"""The listener: a server on the loopback interface that nobody has a reason to connect to."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LOOPBACK = "127.0.0.1"
LONGEST = 1 << 20
POLL_S = 0.005


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the listener answers."""

    status: int = 200
    headers: Mapping[str, str]
    body: bytes = b""


OK = Reply(headers={"Content-Type": "text/plain"}, body=b"ok")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _answer(self) -> None:
        length = self.headers.get("Content-Length", "")
        if length.isdigit():
            self.rfile.read(min(int(length), LONGEST))
        self.server.told.lines.append(f"{self.requestline} Host: {self.headers.get('Host', '')}")
        # a copy: others may be told in the meantime
        reply = next(
            (r for token, r in [*self.server.told.replies.items()] if token in self.path), OK
        )
        self.send_response_only(reply.status)
        last = {"Content-Length": str(len(reply.body)), "Connection": "close"}
        for name, value in {**reply.headers, **last}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _answer  # noqa: N815 - the names are given

    def log_message(self, *_arguments: object) -> None:
        """Nothing: the report says what was seen."""


class _Told:
    """What all servers of one listener know."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.replies: dict[str, Reply] = {}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, place: tuple[str, int], process: int | None, told: _Told) -> None:
        with _network_of(process):
            super().__init__(place, _Handler)
        self.told = told
        self.thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )


@contextlib.contextmanager
def _network_of(process: int | None) -> Iterator[None]:
    """This thread in the network of a process: a socket stays in the one where it was made."""
    if process is None:
        yield
        return
    with Path("/proc/self/ns/net").open() as own, Path(f"/proc/{process}/ns/net").open() as other:
        os.setns(other.fileno(), os.CLONE_NEWNET)
        try:
            yield
        finally:
            os.setns(own.fileno(), os.CLONE_NEWNET)


class Listener:
    """Records every request; use it as a context manager.

    Whoever asks for a URL with a token in it was told to do so by the request that had the token.
    """

    def __init__(self, *processes: int, address: str = LOOPBACK) -> None:
        """``address`` is of the loopback interface, which has more than one.

        ``processes`` are of targets in network namespaces of their own, whose loopback is meant:
        of instances behind one balancer nobody knows which one is asked.
        Raises: PermissionError when these may not be entered (only root may).
        """
        self.address, self._told = address, _Told()
        first, *others = processes or (None,)
        self._servers = [_Server((address, 0), first, self._told)]
        for process in others:
            self._servers.append(_Server((address, self.port), process, self._told))

    @classmethod
    def near(cls, *processes: int, address: str = LOOPBACK) -> Self:
        """One that they can reach; that nobody can reach where we may not go there."""
        try:
            return cls(*processes, address=address)
        except PermissionError:
            return cls(address=address)

    def __enter__(self) -> Self:
        for server in self._servers:
            server.thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        for server in self._servers:
            server.shutdown()
            server.thread.join()
            server.server_close()

    @property
    def port(self) -> int:
        """The TCP port at its address."""
        return self._servers[0].server_port

    def url(self, token: str, *, host: str = "") -> str:
        """A URL with the token; ``host`` is another spelling of the address."""
        return f"http://{host or self.address}:{self.port}/{token}"

    def answer(self, token: str, reply: Reply) -> None:
        """Answer like this whoever asks for a URL with the token."""
        self._told.replies[token] = reply

    def hits(self, token: str, *, within_s: float = 0.0) -> list[str]:
        """Requests that had the token, one line each; waits for the first for ``within_s``."""
        deadline = time.monotonic() + within_s
        while not (seen := [line for line in self._told.lines if token in line.lower()]):
            if time.monotonic() >= deadline:
                break
            time.sleep(POLL_S)
        return seen
