"""What watching and compressing cost refcmdb: requests per CPU-second of list-50, as ratios.

    python benchmarks/overhead.py [--rounds 30]

Two servers, with and without monitoring, on one PostgreSQL with 2,000 devices and without a cache,
so that every answer is computed. Each round asks for all that is compared, in changing order; the
quickest round of each counts, because others on the machine can only make it slower. The CPU time
is that of the server's event loop.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import http.client
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from refcmdb.infrastructure import embedded
from refcmdb.migrations import upgrade
from refcmdb.seeding.load import seed
from refcmdb.seeding.plan import Plan
from refcmdb.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PATH = "/api/v1/devices?limit=50"
PORT = "PORT"
REQUESTS = 50  # of one round
# At least as many requests per CPU-second as without, as a share.
GOALS = {"monitoring": 0.95, "zstd": 0.9, "br": 0.7, "gzip": 0.7}


@dataclasses.dataclass(slots=True)
class Case:
    """A server and what is asked of it; what its event loop spent in each round."""

    port: int
    pid: int
    token: str
    coding: str = "identity"
    spent_s: list[float] = dataclasses.field(default_factory=list)
    body_bytes: int = 0

    @property
    def per_cpu_s(self) -> float:
        """Requests per second of CPU time."""
        return REQUESTS / min(self.spent_s)

    def play(self) -> None:
        """One round."""
        headers = {"Authorization": f"Bearer {self.token}", "Accept-Encoding": self.coding}
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        before = on_cpu_s(self.pid)
        for _ in range(REQUESTS):
            connection.request("GET", PATH, headers=headers)
            answer = connection.getresponse()
            self.body_bytes = len(answer.read())
            if answer.status != http.HTTPStatus.OK:
                raise SystemExit(f"list-50 was answered HTTP {answer.status}")
        self.spent_s.append(on_cpu_s(self.pid) - before)
        connection.close()


def on_cpu_s(pid: int) -> float:
    """The time that a process' first thread was on a CPU (Linux, documentation of schedstats)."""
    return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9


def main() -> int:
    """Print the ratios; the exit status is 1 if one is below its goal."""
    parser = argparse.ArgumentParser(description="what monitoring and compression cost")
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ov")))
        services = stack.enter_context(embedded.running(directory))
        token = fill(services.database_url, devices=2000)
        watched = stack.enter_context(server(services.database_url, directory / "on.log"))
        bare = stack.enter_context(
            server(services.database_url, directory / "off.log", REFCMDB_MONITORING="off")
        )
        cases = {
            name: Case(port, pid, token, coding)
            for name, (port, pid), coding in (
                ("bare", bare, "identity"),
                ("monitoring", watched, "identity"),
                ("zstd", watched, "zstd"),
                ("br", watched, "br"),
                ("gzip", watched, "gzip"),
            )
        }
        play(cases, options.rounds)
    return tell(cases)


def fill(database_url: str, *, devices: int) -> str:
    """A network; the token of an operator."""
    upgrade(Settings(database_url=database_url))
    seed(database_url, Plan(devices=devices, seed=0))
    words = [sys.executable, "-m", "refcmdb", "tokens", "operator-red"]
    environment = os.environ | {"REFCMDB_DATABASE_URL": database_url}
    minted = subprocess.run(words, env=environment, check=True, capture_output=True)
    token: str = json.loads(minted.stdout)["operator-red"]
    return token


@contextlib.contextmanager
def server(database_url: str, log: Path, **settings: str) -> Iterator[tuple[int, int]]:
    """A refcmdb with these settings, and no limit of requests; its port and process id."""
    defaults = {"REFCMDB_DATABASE_URL": database_url, "REFCMDB_RATE_LIMIT": "0"}
    with started("refcmdb", "serve", "--port", PORT, log=log, **(defaults | settings)) as place:
        yield place


@contextlib.contextmanager
def started(*words: str, log: Path, **environment: str) -> Iterator[tuple[int, int]]:
    """``python -m`` with these words, PORT being a free one; that port and the process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", *(str(port) if word is PORT else word for word in words)]

    def ready() -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return True
        return False

    with embedded.process(command, log, env=os.environ | environment) as process:
        embedded.wait_until(ready, process, log)
        yield port, process.pid


class Player(Protocol):
    """Whom rounds are played with; ``spent_s`` has what each cost."""

    spent_s: list[Any]

    def play(self) -> None:
        """One round."""


def play(cases: Mapping[str, Player], rounds: int) -> None:
    """The rounds, after one for warmth alone."""
    for number in range(rounds + 1):
        for case in random.sample(list(cases.values()), len(cases)):
            case.play()
            if not number:
                case.spent_s.clear()


def tell(cases: dict[str, Case]) -> int:
    """The table; 1 if a ratio is below its goal."""
    ratios = {"monitoring": cases["monitoring"].per_cpu_s / cases["bare"].per_cpu_s}
    for name in ("zstd", "br", "gzip"):
        ratios[name] = cases[name].per_cpu_s / cases["monitoring"].per_cpu_s
    for name, case in cases.items():
        goal = f"{ratios[name]:.3f} of at least {GOALS[name]}" if name in GOALS else ""
        figures = f"{case.per_cpu_s:>7.0f} requests per CPU-second, {case.body_bytes:>6,} bytes"
        print(f"{name:<11}{figures}  {goal}")
    return int(any(ratios[name] < goal for name, goal in GOALS.items()))


if __name__ == "__main__":
    sys.exit(main())
