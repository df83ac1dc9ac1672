"""A server that speaks the chat completions of OpenAI's API, and answers as it is told."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from receiving import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# The one address that refcmdb may send requests to.
ADDRESS = "127.0.0.2"
KEY = "sk-of-the-tests"


@dataclasses.dataclass(frozen=True)
class Asked:
    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def told(self) -> dict[str, Any]:
        """What the model was told: facts and question."""
        return json.loads(self.body["messages"][1]["content"])


class Model:
    """By default it repeats what it was told, which shows whatever it should not know."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answer: Callable[[Asked], tuple[int, bytes]] = self.repeats
        # A model thinks as long as this is not set.
        self.ready = threading.Event()
        self.ready.set()
        model = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                with contextlib.suppress(ConnectionError):  # nobody may wait any longer
                    model.handle(self)

            def log_message(self, *_arguments) -> None:
                """Be quiet."""

        self._server = ThreadingHTTPServer((ADDRESS, 0), Handler)
        self.url = "http://{}:{}/v1".format(*self._server.server_address)

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        asked = Asked(handler.path, dict(handler.headers), json.loads(body))
        self.asked.append(asked)
        self.ready.wait(30)
        status, content = self.answer(asked)
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    @staticmethod
    def repeats(asked: Asked) -> tuple[int, bytes]:
        return said(asked.body["messages"][1]["content"])

    @classmethod
    @contextlib.contextmanager
    def running(cls) -> Iterator[Model]:
        model = cls()
        with serving(model._server):
            try:
                yield model
            finally:
                model.ready.set()


def said(content: str | None, reason: str = "stop", **message) -> tuple[int, bytes]:
    """A completion, as the API has them."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": content, **message},
        "finish_reason": reason,
    }
    usage = {"prompt_tokens": 70, "completion_tokens": 30, "total_tokens": 100}
    head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m-1"}
    return 200, json.dumps({**head, "choices": [choice], "usage": usage}).encode()
