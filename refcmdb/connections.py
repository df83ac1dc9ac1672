"""Connections that send their requests in time, and no more of them than fit.

uvicorn waits for ever for the rest of a request's head, and keeps whatever comes: a few thousand
connections that send a byte now and then (Slowloris, CAPEC-469) would leave no room for others.
"""

from __future__ import annotations

import dataclasses
import logging
from typing import TYPE_CHECKING

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from refcmdb.middleware.security import events

if TYPE_CHECKING:
    import asyncio

LONGEST_HEAD = 64 * 1024  # bytes; the balancers allow no more either
log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Seconds for the head of a request, and how many connections there may be; 0 is no bound."""

    head_s: int
    most: int


def guarding(bounds: Bounds) -> type[HttpToolsProtocol]:
    """The protocol of one server, as uvicorn's setting ``http`` takes it."""

    class Guarded(_Guarded):
        """Within the bounds of this server."""

    Guarded.bounds = bounds
    return Guarded


class _Guarded(HttpToolsProtocol):
    bounds: Bounds
    _deadline: asyncio.TimerHandle | None = None
    _in_head = True
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """One too many is ended at once: who has a connection is served."""
        super().connection_made(transport)
        if self.bounds.most and len(self.connections) > self.bounds.most:
            self._end("connection.refused", "there are too many connections")
        else:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Part of a head, or of what follows it."""
        self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > LONGEST_HEAD:
            self._end("request.large", f"its head has more than {LONGEST_HEAD} bytes")

    def on_message_begin(self) -> None:
        """The beginning of a request, on a connection that may have carried others."""
        super().on_message_begin()
        if not self._in_head:
            self._in_head, self._head_bytes = True, 1
            self._wait()

    def on_headers_complete(self) -> None:
        """The application has the request now."""
        self._in_head = False
        self._stop_waiting()
        super().on_headers_complete()

    def _wait(self) -> None:
        if self.bounds.head_s:
            self._deadline = self.loop.call_later(self.bounds.head_s, self._too_late)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_late(self) -> None:
        if self._head_bytes:
            self._end("request.slow", f"its head was not there after {self.bounds.head_s} s")
        else:  # browsers connect in advance: that is no event
            self.transport.close()

    def _end(self, event: str, why: str) -> None:
        self._stop_waiting()
        scope = {"method": "", "path": "", "client": self.client}
        events.emit(event, scope, outcome="refused", detail=why)
        self.transport.abort()
