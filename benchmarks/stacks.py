"""List-50 of refcmdb, of the same in FastAPI, and of the bare minimum: requests per CPU-second.

    python -m benchmarks.stacks [--rounds 20]

Three servers on one PostgreSQL with 20,000 devices; refcmdb with all middleware and without a
cache, so that every answer is computed. All look up the token and give the same items, which is
looked at first. Each round asks all, in changing order; the quickest counts, because others
on the machine can only make it slower. The CPU time is that of the event loop; the second
column adds that of PostgreSQL's processes.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import http.client
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.load import postmaster
from benchmarks.overhead import PATH, PORT, REQUESTS, fill, on_cpu_s, play, server, started
from refcmdb.infrastructure import embedded

if TYPE_CHECKING:
    import psutil

DEVICES = 20_000
# Requests per CPU-second of refcmdb's server, as a multiple of those of the others.
GOALS = {"fastapi": 4.0, "bare": 0.7}
BESIDES = ("created_at", "updated_at")  # written differently: with and without microseconds


@dataclasses.dataclass(slots=True)
class Stack:
    """A server; what it and the database spent in each round, in seconds."""

    port: int
    pid: int
    token: str
    database: psutil.Process
    spent_s: list[tuple[float, float]] = dataclasses.field(default_factory=list)

    @property
    def per_cpu_s(self) -> float:
        """Requests per second of the server's CPU time."""
        return REQUESTS / min(server for server, _ in self.spent_s)

    @property
    def per_cpu_s_in_all(self) -> float:
        """Requests per second of the server's and the database's CPU time."""
        return REQUESTS / min(sum(both) for both in self.spent_s)

    def ask(self, connection: http.client.HTTPConnection) -> Any:  # noqa: ANN401 - JSON
        """The answer to one request."""
        connection.request("GET", PATH, headers={"Authorization": f"Bearer {self.token}"})
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != http.HTTPStatus.OK:
            raise SystemExit(f"list-50 was answered HTTP {answer.status}: {body[:200]!r}")
        return body

    def play(self) -> None:
        """One round."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port)) as connection:
            self.ask(connection)  # a connection is made for it
            before = self._spent_s()
            for _ in range(REQUESTS):
                self.ask(connection)
            after = self._spent_s()
        self.spent_s.append((after[0] - before[0], after[1] - before[1]))

    def items(self) -> list[dict[str, Any]]:
        """What it shows."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port)) as connection:
            items = json.loads(self.ask(connection))["items"]
        return [{k: v for k, v in item.items() if k not in BESIDES} for item in items]

    def _spent_s(self) -> tuple[float, float]:
        processes = [self.database, *self.database.children()]
        return on_cpu_s(self.pid), sum(on_cpu_s(process.pid) for process in processes)


def main() -> int:
    """Print the ratios; the exit status is 1 if one is below its goal."""
    parser = argparse.ArgumentParser(description="refcmdb beside the same in FastAPI, and bare")
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="st")))
        services = stack.enter_context(embedded.running(directory))
        url = services.database_url
        token = fill(url, devices=DEVICES)
        ours = server(url, directory / "refcmdb.log", REFCMDB_RATE_LIMIT="100000000")
        servers = {
            "refcmdb": stack.enter_context(ours),
            **{name: stack.enter_context(twin(name, directory, url)) for name in GOALS},
        }
        database = postmaster(directory)
        stacks = {name: Stack(*where, token, database) for name, where in servers.items()}
        require_same(stacks)
        play(stacks, options.rounds)
    return tell(stacks)


def twin(
    name: str, directory: Path, url: str
) -> contextlib.AbstractContextManager[tuple[int, int]]:
    """A server of this directory; its port and process id."""
    return started(f"benchmarks.{name}_twin", PORT, url, log=directory / f"{name}.log")


def require_same(stacks: dict[str, Stack]) -> None:
    """Who does less than the others is no match. Raises: SystemExit."""
    expected = stacks["refcmdb"].items()
    for name, stack in stacks.items():
        for ours, its in zip(expected, stack.items(), strict=True):
            if ours != its:
                raise SystemExit(f"refcmdb shows {ours}, {name} {its}")


def tell(stacks: dict[str, Stack]) -> int:
    """The table; 1 if a ratio is below its goal."""
    ours = stacks["refcmdb"]
    ratios = {name: ours.per_cpu_s / stacks[name].per_cpu_s for name in GOALS}
    for name, stack in stacks.items():
        goal = (
            f"  refcmdb: {ratios[name]:.2f} of it, at least {GOALS[name]}" if name in GOALS else ""
        )
        in_all = f"{stack.per_cpu_s_in_all:>6.0f} with the database's"
        print(f"{name:<8}{stack.per_cpu_s:>6.0f} requests per CPU-second, {in_all}{goal}")
    return int(any(ratios[name] < goal for name, goal in GOALS.items()))


if __name__ == "__main__":
    sys.exit(main())
