"""A plain port of 127.0.0.1 behind which everything goes through TLS, byte by byte.

Probes and ZAP speak plain HTTP to it, as to any other target, and the balancer of a deployment
sees what a browser behind TLS would send.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine

CHUNK_BYTES = 1 << 16
FAREWELL_S = 1.0


class Relay:
    """Listens from :meth:`start` on; ``port`` is of 127.0.0.1."""

    def __init__(self, port: int, *, host_name: str) -> None:
        """``port`` is the TLS end's on 127.0.0.1, ``host_name`` whom the handshake asks for.

        The certificate is not judged here: a check does that.
        """
        self.port, self._goal, self._host_name = 0, port, host_name
        self._server: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._context = ssl.create_default_context()
        self._context.check_hostname, self._context.verify_mode = False, ssl.CERT_NONE

    def start(self) -> None:
        """Take a free port. Raises: OSError."""
        self._thread.start()
        listening = asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(listening, self._loop).result()
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        """End it with all that goes through it; harmless when it does not run."""
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def require_alive(self) -> None:
        """It lives as long as this process."""

    async def _end(self) -> None:
        if self._server:
            self._server.close()
        others = [one for one in asyncio.all_tasks() if one is not asyncio.current_task()]
        for one in others:
            one.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        # asyncio would report a connection that was ended by us
        with contextlib.suppress(OSError, asyncio.CancelledError):
            async with _closing(back):
                far, forth = await asyncio.open_connection(
                    "127.0.0.1",
                    self._goal,
                    ssl=self._context,
                    server_hostname=self._host_name,
                    ssl_shutdown_timeout=FAREWELL_S,
                )
                async with _closing(forth):
                    await _first(_pass(near, forth), _pass(far, back))


@contextlib.asynccontextmanager
async def _closing(writer: asyncio.StreamWriter) -> AsyncIterator[None]:
    try:
        yield
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _first(*ways: Coroutine[None, None, None]) -> None:
    """Until one has ended, and with it the others: TLS knows no half of a connection."""
    tasks = [asyncio.ensure_future(way) for way in ways]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


async def _pass(source: asyncio.StreamReader, goal: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await source.read(CHUNK_BYTES):
            goal.write(chunk)
            await goal.drain()
