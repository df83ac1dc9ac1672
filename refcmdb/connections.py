"""Connections that send their requests in time, and no more of them than fit.

uvicorn waits for ever for the rest of a request's head, and keeps whatever comes: a few thousand
connections that send a byte now and then (Slowloris, CAPEC-469) would leave no room for others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from refcmdb.middleware.security import events

if TYPE_CHECKING:
    import asyncio

    from refcmdb.middleware.security.toggles import Toggles

LONGEST_HEAD = 64 * 1024  # bytes; the balancers allow no more either


def guarding(protection: Toggles) -> type[HttpToolsProtocol]:
    """The protocol of one server, as uvicorn's setting ``http`` takes it."""

    class Guarded(_Guarded):
        """Within the bounds of this server."""

    Guarded.protection = protection
    return Guarded


class _Guarded(HttpToolsProtocol):
    protection: Toggles
    _deadline: asyncio.TimerHandle | None = None
    _in_head = True
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """One too many is ended at once: who has a connection is served."""
        super().connection_made(transport)
        most = self.protection.most_connections
        if most and len(self.connections) > most:
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
        if seconds := self.protection.head_timeout_s:
            self._deadline = self.loop.call_later(seconds, self._too_late)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_late(self) -> None:
        if self._head_bytes:
            seconds = self.protection.head_timeout_s
            self._end("request.slow", f"its head was not there after {seconds} s")
        else:  # browsers connect in advance: that is no event
            self.transport.close()

    def _end(self, event: str, why: str) -> None:
        self._stop_waiting()
        scope = {"method": "", "path": "", "client": self.client}
        events.emit(event, scope, outcome="refused", detail=why)
        self.transport.abort()
