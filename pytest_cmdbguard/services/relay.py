"""A plain port of 127.0.0.1 behind which everything goes through TLS, byte by byte.

Probes and ZAP speak plain HTTP to it, as to any other target, and the balancer of a deployment
sees what a browser behind TLS would send.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading

CHUNK_BYTES = 1 << 16


class Relay:
    """Listens from :meth:`start` on; ``port`` is of 127.0.0.1."""

    def __init__(self, port: int, *, host_name: str) -> None:
        """``port`` is the TLS end's on 127.0.0.1, ``host_name`` whom the handshake asks for.

        The certificate is not judged here: a check does that.
        """
        self.port, self._goal, self._host_name = 0, port, host_name
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._context = ssl.create_default_context()
        self._context.check_hostname, self._context.verify_mode = False, ssl.CERT_NONE

    def start(self) -> None:
        """Take a free port. Raises: OSError."""
        self._thread.start()
        listening = asyncio.start_server(self._serve, "127.0.0.1", 0)
        server = asyncio.run_coroutine_threadsafe(listening, self._loop).result()
        self.port = server.sockets[0].getsockname()[1]

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
        others = [one for one in asyncio.all_tasks() if one is not asyncio.current_task()]
        for one in others:
            one.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        with contextlib.closing(back), contextlib.suppress(OSError):
            far, forth = await asyncio.open_connection(
                "127.0.0.1", self._goal, ssl=self._context, server_hostname=self._host_name
            )
            with contextlib.closing(forth):
                # whoever ends first ends both: TLS knows no half of a connection
                ways = [asyncio.ensure_future(_pass(near, forth))]
                ways.append(asyncio.ensure_future(_pass(far, back)))
                try:
                    await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for way in ways:
                        way.cancel()


async def _pass(source: asyncio.StreamReader, goal: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await source.read(CHUNK_BYTES):
            goal.write(chunk)
            await goal.drain()
