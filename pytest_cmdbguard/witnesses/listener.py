"""The listener: a server on the loopback interface that nobody has a reason to connect to."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST = 1 << 20
POLL_S = 0.005


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _answer(self) -> None:
        length = self.headers.get("Content-Length", "")
        if length.isdigit():
            self.rfile.read(min(int(length), LONGEST))
        self.server.lines.append(f"{self.requestline} Host: {self.headers.get('Host', '')}")
        status, headers = self.server.reply(self.path)
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "2")
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(b"ok")

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _answer  # noqa: N815 - the names are given

    def log_message(self, *_arguments: object) -> None:
        """Nothing: the report says what was seen."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.lines: list[str] = []

    def reply(self, path: str) -> tuple[int, dict[str, str]]:
        """``/to/ANYTHING`` redirects to ``/ANYTHING``; every other path is answered 200."""
        wanted = path.partition("/to/")[2]
        if not wanted:
            return 200, {"Content-Type": "text/plain"}
        return 302, {"Location": f"http://127.0.0.1:{self.server_port}/{wanted}"}


class Listener:
    """Records every request; use it as a context manager.

    Whoever asks for a URL with a token in it was told to do so by the request that had the token.
    Every address of the loopback interface leads to it. ``partners`` are those that the target
    may connect to by its own settings: from there it can be led on, by a redirect.
    """

    def __init__(self, *, partners: Sequence[str] = ()) -> None:
        self._server = _Server()
        self.partners = tuple(partners)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def port(self) -> int:
        """The TCP port on 127.0.0.1."""
        return self._server.server_port

    def url(self, token: str, *, host: str = "127.0.0.1", through: str = "") -> str:
        """A URL with the token; ``through="to"`` is one that redirects there."""
        path = f"{through}/{token}" if through else token
        return f"http://{host}:{self.port}/{path}"

    def hits(self, token: str, *, within_s: float = 0.0) -> list[str]:
        """Requests that had the token, one line each; waits for the first for ``within_s``."""
        deadline = time.monotonic() + within_s
        while not (seen := [line for line in self._server.lines if token in line.lower()]):
            if time.monotonic() >= deadline:
                break
            time.sleep(POLL_S)
        return seen
