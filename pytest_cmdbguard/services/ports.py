"""TCP ports of 127.0.0.1 that are free, as far as anybody can know."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

from pytest_cmdbguard.errors import ServiceNotReady

if TYPE_CHECKING:
    from collections.abc import Callable

PORT_ATTEMPTS = 5


class PortTaken(ServiceNotReady):
    """The process ended because its port had been taken in the meantime."""


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def on_free_port[T](start: Callable[[int], T]) -> T:
    """What ``start(port)`` gives; tried with other ports while somebody else is quicker.

    Raises: PortTaken after the last attempt, and whatever ``start`` raises.
    """
    for _ in range(PORT_ATTEMPTS - 1):
        with contextlib.suppress(PortTaken):
            return start(free_port())
    return start(free_port())
