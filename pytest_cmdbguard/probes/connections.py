"""Kept-open connections on which an answer begins in time, or not at all."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any

import certifi
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from urllib3 import HTTPResponse

_TICK_S = 0.1


def pool(proxy: str | None, *, verify: bool | str) -> urllib3.PoolManager:
    """Connections to a target, through a proxy if one is named.

    Args:
        proxy: its URL.
        verify: as :class:`.client.Api` takes it.

    urllib3 leaves Nagle's algorithm on for proxies: the last segment of a long body would wait
    40 ms for the delayed acknowledgement of those before it.
    """
    options: dict[str, Any] = {"num_pools": 2, "maxsize": 8}
    if verify is False:
        options["cert_reqs"] = "CERT_NONE"
    elif verify is True:
        options["ca_certs"] = certifi.where()
    else:
        options["ca_cert_dir" if Path(verify).is_dir() else "ca_certs"] = verify
    if proxy is None:
        made = urllib3.PoolManager(**options)
    else:
        at_once = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
        made = urllib3.ProxyManager(proxy, socket_options=at_once, **options)
    made.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}
    return made


class _Watchdog:
    """Ends connections that are waited on for too long.

    A time-out of a socket is one of silence: a server that sends a byte of its headers now and
    then, or ``100 Continue`` for ever, would hold its client for ever.
    """

    def __init__(self) -> None:
        self._until: dict[socket.socket, float] = {}
        self._lock = threading.Lock()
        self._has_thread = False

    @contextlib.contextmanager
    def over(self, waited_on: socket.socket, seconds: float) -> Iterator[None]:
        """Raises: TimeoutError if the block took longer; then the connection is of no use."""
        deadline = time.monotonic() + seconds
        with self._lock:
            self._until[waited_on] = deadline
            if not self._has_thread:
                self._has_thread = True
                threading.Thread(target=self._watch, name="deadlines", daemon=True).start()
        problem: Exception | None = None
        try:
            yield
        except (HTTPException, OSError) as error:
            problem = error
        finally:
            self._until.pop(waited_on, None)
        if time.monotonic() >= deadline:
            raise TimeoutError from problem
        if problem:
            raise problem

    def _watch(self) -> None:
        while True:
            time.sleep(_TICK_S)
            with self._lock:
                if not self._until:
                    self._has_thread = False
                    return
                waiting = list(self._until.items())
            late = [one for one, until in waiting if until < time.monotonic()]
            for one in late:
                with contextlib.suppress(OSError):  # it is closed already
                    socket.socket.shutdown(one, socket.SHUT_RDWR)  # without TLS's farewell


_WATCHDOG = _Watchdog()


class _Plain(HTTPConnection):
    """A connection that sends a request at once and waits no longer than it may."""

    _held: list[bytes] | None = None

    def request(self, *parts: Any, **more: Any) -> None:  # noqa: ANN401 - urllib3's own
        """Headers and body in one piece: in two, each wakes everybody on the way."""
        self._held = []
        try:
            super().request(*parts, **more)
            whole = b"".join(self._held)
        finally:
            self._held = None
        super().send(whole)

    def send(self, data: Any) -> None:  # noqa: ANN401 - whatever urllib3 sends
        """What is part of a request is sent with the rest of it."""
        if self._held is None:
            super().send(data)
        else:
            self._held.append(data)

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as urllib3 itself does
        with _WATCHDOG.over(self.sock, float(self.timeout or 0)):
            return super().getresponse()


class _Secure(_Plain, HTTPSConnection):
    """The same with TLS."""


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure
