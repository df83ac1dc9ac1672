"""The server process: uvicorn around the application, logs to stderr, one line per event."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import functools
import importlib
import ipaddress
import logging
import os
import signal
import socket
import struct
import sys
from typing import TYPE_CHECKING

import uvicorn

from refcmdb.connections import guarding
from refcmdb.middleware.security.sanitising import OneLineFormatter

if TYPE_CHECKING:
    from types import FrameType

    from starlette.applications import Starlette

    from refcmdb.settings import Settings

log = logging.getLogger(__name__)

GRACE_S = 0.5
SO_ATTACH_FILTER = 26  # of Linux; the socket module does not name it
# Load the flags of the TCP header; is SYN among them? Then nothing of the packet, else all of it.
NO_SYN = ((0x30, 0, 0, 13), (0x45, 0, 1, 2), (0x06, 0, 0, 0), (0x06, 0, 0, 0xFFFFFFFF))
QUEUED_S = 0.1  # to read the requests of who waited in the queue of a port


def serve(
    settings: Settings,
    *,
    host: str,
    port: int,
    fault: str | None = None,
    published_on_loopback: bool = False,
) -> int:
    """Answer until SIGTERM or SIGINT; returns the exit status.

    A ``fault`` is planted before the application is built, and only on the loopback interface, or
    in a container whose port is ``published_on_loopback``.
    """
    configure_logging(one_line=settings.protection.sanitising)
    if fault and not ((published_on_loopback or is_loopback(host)) and plant(fault)):
        return 2
    from refcmdb.api.application import build  # noqa: PLC0415 - after the fault is planted

    app = build(settings)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http=guarding(settings.protection),
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        forwarded_allow_ips=list(settings.balancers),
        timeout_keep_alive=30,
    )
    grace_s = max(GRACE_S, settings.drain_s)
    config.timeout_graceful_shutdown = grace_s  # type: ignore[assignment] # whole seconds are too long
    server = _Server(config, app=app, drain_s=settings.drain_s)
    server.run()
    return 0 if server.started else 3


class _Server(uvicorn.Server):
    """Answers on for ``drain_s`` after SIGTERM, while its health tells balancers to go away."""

    def __init__(self, config: uvicorn.Config, *, app: Starlette, drain_s: int) -> None:
        super().__init__(config)
        self._app, self._drain_s = app, drain_s

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Who was let into the queue of a port is answered; only then it closes."""
        if self._app.state.draining:
            for server in self.servers:
                for listener in server.sockets:
                    _let_nobody_in(listener.fileno())
            await asyncio.sleep(QUEUED_S)
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Only SIGTERM is an orderly end, and the second one is an order."""
        if sig != signal.SIGTERM or not self._drain_s or self._app.state.draining:
            super().handle_exit(sig, frame)
            return
        log.info("draining for %d s", self._drain_s)
        self._app.state.draining = True
        end = functools.partial(super().handle_exit, sig, frame)
        self._loop.call_soon_threadsafe(self._loop.call_later, self._drain_s, end)


def _let_nobody_in(descriptor: int) -> None:
    """No new connection reaches the queue of a port any more, and those in it stay.

    Closing a port resets what waits in its queue: its clients cannot know whether their requests
    had an effect. A filter that drops packets with SYN keeps others out before; whoever tries
    meanwhile tries again, and finds the port closed. Only Linux has such filters.
    """
    if sys.platform != "linux":
        return
    words = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *word) for word in NO_SYN))
    program = struct.pack("HP", len(NO_SYN), ctypes.addressof(words))
    with (
        contextlib.suppress(OSError),  # where a sandbox forbids it
        socket.socket(fileno=os.dup(descriptor)) as listener,
    ):
        listener.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)


def configure_logging(*, one_line: bool = True) -> None:
    """Everything to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    formatter = OneLineFormatter if one_line else logging.Formatter
    handler.setFormatter(formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach ``host``; says so on stderr if not."""
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        log.error("--fault is refused on %s: planted faults stay on the loopback interface", host)
    return loopback


def plant(fault: str) -> bool:
    """Plant a fault by name; says on stderr what is wrong with the name if it is."""
    # By name, because nothing of the product imports the faults.
    catalogue = importlib.import_module("refcmdb.faults.catalogue")
    if fault not in catalogue.names():
        log.error("there is no fault %r; `python -m refcmdb faults` lists them", fault)
        return False
    catalogue.plant(fault)
    log.warning("PLANTED: %s; this server is defective on purpose, use it for tests only", fault)
    return True
