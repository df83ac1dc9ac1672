"""Balancers in front of servers of the tests, each with a certificate of its own."""

from __future__ import annotations

import contextlib
import dataclasses
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests
import trustme
from servers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclasses.dataclass(frozen=True)
class Front:
    https: int
    http: int
    authority: Path

    def url(self, path: str) -> str:
        return f"https://127.0.0.1:{self.https}{path}"

    def get(self, path: str = "/health", **options) -> requests.Response:
        return requests.get(self.url(path), verify=self.authority, timeout=10, **options)

    def get_in_clear(self, path: str) -> requests.Response:
        url = f"http://127.0.0.1:{self.http}{path}"
        return requests.get(url, timeout=10, allow_redirects=False)


class Balancers:
    """Started one after the other; certificates and logs lie in ``directory``."""

    def __init__(self, directory: Path) -> None:
        self._directory, self._started = directory, []
        authority = trustme.CA()
        issued = authority.issue_cert("127.0.0.1")
        authority.cert_pem.write_to_path(str(directory / "authority.pem"))
        issued.cert_chain_pems[0].write_to_path(str(directory / "server.pem"))
        issued.private_key_pem.write_to_path(str(directory / "server.key"))

    def __call__(self, *servers, fault: str = "", program: str = "caddy") -> Front:
        front = Front(free_port(), free_port(), self._directory / "authority.pem")
        command = self.command(front, *(urlsplit(server.base).netloc for server in servers))
        command += ["--program", program, *(["--fault", fault] if fault else [])]
        with (self._directory / "balancer.log").open("wb") as log:
            self._started.append(subprocess.Popen(command, stdout=log, stderr=log))
        deadline = time.monotonic() + 15
        while not listens(front.https):
            assert time.monotonic() < deadline, (self._directory / "balancer.log").read_text()
            time.sleep(0.05)
        return front

    def command(self, front: Front, *upstreams: str) -> list[str]:
        words = ["--https-port", str(front.https), "--http-port", str(front.http)]
        words += ["--certificate", str(self._directory / "server.pem")]
        words += ["--key", str(self._directory / "server.key")]
        for upstream in upstreams:
            words += ["--upstream", upstream]
        return [sys.executable, "-m", "refcmdb", "balance", *words]

    def stop(self) -> None:
        for process in self._started:
            process.terminate()
            process.wait(10)


@contextlib.contextmanager
def balancers(directory: Path) -> Iterator[Balancers]:
    started = Balancers(directory)
    try:
        yield started
    finally:
        started.stop()


def listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
