"""What stands before an instance and ends TLS: the target's own, started for one process."""

from __future__ import annotations

import contextlib
import dataclasses
import socket
import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pytest_cmdbguard.errors import ServiceMissing

from . import tls
from .ports import free_port, on_free_port
from .process import Command, Process

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_cmdbguard.targets import Target

    from .run_directory import RunDirectory

START_WITHIN_S = 20.0
REMEDY = "name its URL as https, or the command of its balancer as front, in [target]"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where people come in.

    ``https`` and ``http`` are ``host:port``; ``http`` is None where nobody said that there is such
    a place. ``host_name`` is whom the certificate is for, where that is not the host of ``https``.
    ``authority`` is the file of who signed the certificate, None for the well-known ones.
    """

    https: str
    http: str | None = None
    authority: Path | None = None
    host_name: str = ""

    @property
    def name(self) -> str:
        """Whom the certificate has to be for."""
        return self.host_name or self.address[0]

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the TLS end."""
        return address_of(self.https)


def address_of(place: str, default: int = 443) -> tuple[str, int]:
    """Host and port of ``host:port``."""
    parts = urlsplit(f"//{place}")
    return parts.hostname or "127.0.0.1", parts.port or default


class Front:
    """The target's balancer before one instance, with a certificate of this run."""

    def __init__(self, run: RunDirectory, target: Target, *, upstream: str, name: str) -> None:
        """Not started yet; ``upstream`` is the base URL of the instance."""
        self.run, self.target, self.name = run, target, name
        self.upstreams = (urlsplit(upstream).netloc,)
        self.log: Path | None = run.logs / f"{name}.log"
        self._process: Process | None = None

    def start(self) -> Door:
        """Start it and wait for its first handshake, or take the one that runs elsewhere.

        Raises: ServiceMissing when the target has none, ServiceNotReady.
        """
        if self.target.https:
            place = urlsplit(self.target.https).netloc
            return Door(https=place, authority=self.target.authority)
        certificate = tls.issue(self.run.path / self.name)
        return on_free_port(lambda port: self._start(port, free_port(), certificate))

    def stop(self) -> None:
        """End it."""
        process, self._process = self._process, None
        if process:
            process.stop()

    def _start(self, https_port: int, http_port: int, certificate: tls.Certificate) -> Door:
        argv = self.target.front(
            https_port=https_port,
            http_port=http_port,
            upstreams=self.upstreams,
            certificate=certificate,
        )
        if argv is None:
            raise no_tls_end(self.target)
        command = Command(
            name=self.name,
            argv=argv,
            environment=self.target.environment,
            directory=self.target.directory,
        )
        self._process = Process(self.run, command)
        self._process.wait_ready(lambda: shakes_hands(https_port), timeout_s=START_WITHIN_S)
        return Door(
            https=f"127.0.0.1:{https_port}",
            http=f"127.0.0.1:{http_port}",
            authority=certificate.authority,
        )


def no_tls_end(target: Target) -> ServiceMissing:
    """The error that says so."""
    return ServiceMissing("HTTPS", f"{target.name} has no TLS end", remedy=REMEDY)


def shakes_hands(port: int, host_name: str | None = None) -> bool | None:
    """True once TLS is spoken there, whoever it is signed by; None while it is not.

    A server may need the ``host_name`` to choose a certificate.
    """
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        contextlib.suppress(OSError),
        socket.create_connection(("127.0.0.1", port), timeout=2) as plain,
        context.wrap_socket(plain, server_hostname=host_name),
    ):
        return True
    return None
