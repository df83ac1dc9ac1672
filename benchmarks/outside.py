"""The server that Wapiti takes for the outside world: whoever calls it was made to do so.

By default Wapiti asks a server of its authors. This one does the same on the loopback interface:
it notes who calls ``/ssrf/SESSION/REQUEST/PARAMETER/`` and tells it at
``/get_ssrf.php?session_id=SESSION``, as Wapiti's module ``ssrf`` expects.
"""

from __future__ import annotations

import collections
import datetime as dt
import http.server
import json
import threading
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

Calls = dict[str, dict[str, list[dict[str, Any]]]]  # request, parameter in hex, its calls


class Outside:
    """Listens between ``with`` and its end; ``url`` ends with a slash."""

    def __init__(self) -> None:
        self._calls: dict[str, Calls] = collections.defaultdict(dict)
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str, method: str) -> object:
        """What is told to a call; a call that came from the target is noted."""
        parts = urlsplit(path)
        session = parse_qs(parts.query).get("session_id", [""])[0]
        if parts.path == "/get_ssrf.php":
            return self._calls.get(session, {})
        match parts.path.split("/"):
            case ["", "ssrf", session, request, parameter, *_]:
                told = {"url": self.url, "ip": "127.0.0.1", "size": 0, "method": method}
                told["date"] = dt.datetime.now(dt.UTC).isoformat()
                self._calls[session].setdefault(request, {}).setdefault(parameter, []).append(told)
        return {}

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        outside = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer = json.dumps(outside.answer(self.path, self.command)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_POST = do_GET  # noqa: N815 - as above

            def log_message(self, *_: object) -> None:
                """Nobody reads it."""

        return Handler
