"""A web server that keeps what it was sent and answers what it is told."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclasses.dataclass(frozen=True)
class Received:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    def __init__(self, address: str) -> None:
        self.requests: list[Received] = []
        self.arrived = threading.Event()
        self._answers = [(200, b"", {"Content-Type": "text/plain"})]
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                receiver.handle(self)

            do_HEAD = do_POST = do_GET  # noqa: N815 - the names are given

            def log_message(self, *_arguments) -> None:
                """Be quiet."""

        self._server = ThreadingHTTPServer((address, 0), Handler)
        self.url = "http://{}:{}".format(*self._server.server_address)

    def answer(self, status: int, body: bytes = b"", kind: str = "text/plain", **headers) -> None:
        """Answer so once; the last answer that was told stays."""
        self._answers.append((status, body, {"Content-Type": kind, **headers}))

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        if len(self._answers) > 1:
            self._answers.pop(0)
        status, body, headers = self._answers[0]
        length = int(handler.headers.get("Content-Length", 0))
        received = handler.rfile.read(length)
        self.requests.append(
            Received(handler.command, handler.path, dict(handler.headers), received)
        )
        self.arrived.set()
        handler.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            handler.send_header(name, value)
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(body)

    @classmethod
    @contextlib.contextmanager
    def running(cls, address: str) -> Iterator[Receiver]:
        receiver = cls(address)
        with serving(receiver._server):
            yield receiver


@contextlib.contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[None]:
    """Let ``server`` answer beside the test."""
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
