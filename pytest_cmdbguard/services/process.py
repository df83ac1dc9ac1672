"""Starting, watching and ending one service process."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
import signal
import subprocess
import time
from collections import deque
from typing import IO, TYPE_CHECKING

import psutil

from pytest_cmdbguard.errors import ServiceDied, ServiceMissing, ServiceNotReady

from .inheritance import inherited, marked
from .ports import PortTaken
from .started import Started, kill

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from .run_directory import RunDirectory

POLL_S = 0.01
LAST_WORDS_S = 0.3  # a log collector of its own may outlive a process by that much
TAKEN = re.compile(r"address already in use|errno 98|could not bind", re.IGNORECASE)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """How a service process is started and stopped.

    ``environment`` is added to the little that is inherited. ``logs`` are further files that
    the process writes its own log to; its output always goes to ``logs/NAME.log``.
    """

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    directory: Path | None = None
    stop_signal: int = signal.SIGTERM
    stop_within_s: float = 5.0
    logs: Sequence[Path] = ()


class Process:
    """A running service process; it leads a process group of its own."""

    def __init__(self, run: RunDirectory, command: Command) -> None:
        """Start it.

        Raises: ServiceMissing when the program cannot be executed, or the run is stopping.
        """
        self.run, self.command = run, command
        self.log = run.logs / f"{command.name}.log"
        with run.starts(command.name):
            self._popen = self._start()
            self.started = self._register()

    def _start(self) -> subprocess.Popen[bytes]:
        name, program = self.command.name, self.command.argv[0]
        try:
            with self.log.open("ab") as output:
                return self._spawn(output)
        except OSError as error:
            problem = f"{program} cannot be started ({error.strerror})"
            remedy = "install the program, or correct its name in cmdbguard.toml"
            raise ServiceMissing(name, problem, remedy=remedy) from None

    def _spawn(self, output: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            list(self.command.argv),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=self.command.directory or self.run.path,
            env=inherited() | dict(self.command.environment) | marked(self.run),
            start_new_session=True,
        )

    def _register(self) -> Started:
        command, pid = self.command, self._popen.pid
        started = Started.of(pid, name=command.name, stop_signal=command.stop_signal)
        self.run.register(started)
        return started

    @property
    def pid(self) -> int:
        """Its process id, which is also its group's."""
        return self._popen.pid

    @property
    def status(self) -> int | None:
        """The exit status (negative: the signal that ended it), None while it runs."""
        return self._popen.poll()

    def tail(self, lines: int = 20) -> str:
        """The last lines of all its log files."""
        found: list[str] = []
        for path in (self.log, *self.command.logs):
            with contextlib.suppress(OSError), path.open(errors="replace") as log:
                found += [_readable(line) for line in deque(log, lines) if line.strip()]
        return "\n".join(found)

    def last_log(self) -> str:
        """The last log line, for messages; empty when it logged nothing."""
        return self.tail(1).rpartition("\n")[2][:300]

    def require_alive(self) -> None:
        """Return if it still runs. Raises: ServiceDied."""
        if self.status is not None:
            raise ServiceDied(self.command.name, status=self.status, last_log=self.last_log())

    def wait_ready[T](self, answer: Callable[[], T | None], *, timeout_s: float) -> T:
        """What the readiness query answers, as soon as that is not None.

        Raises: ServiceNotReady when the time is up or the process ended; PortTaken.
        """
        begin = time.monotonic()
        while (value := answer()) is None:
            waited_s = time.monotonic() - begin
            if self.status is not None:
                raise self._ended(waited_s)
            if waited_s > timeout_s:
                self.stop()
                raise self._failure(ServiceNotReady, waited_s, f"its log: {self.tail()}")
            time.sleep(POLL_S)
        return value

    def _ended(self, waited_s: float) -> ServiceNotReady:
        deadline = time.monotonic() + LAST_WORDS_S
        while not (taken := TAKEN.search(self.tail())) and time.monotonic() < deadline:
            time.sleep(POLL_S)
        self.stop()
        kind = PortTaken if taken else ServiceNotReady
        remedy = f"it ended with status {self.status}; its last words: {self.tail()}"
        return self._failure(kind, waited_s, remedy)

    def _failure(
        self, kind: type[ServiceNotReady], waited_s: float, remedy: str
    ) -> ServiceNotReady:
        last_log = self.last_log()
        return kind(self.command.name, waited_s=waited_s, last_log=last_log, remedy=remedy)

    def stop(self) -> None:
        """End it and everything it started: gracefully, then by force; harmless when gone."""
        if self.status is None:
            children = _descendants(self.pid)
            self._popen.send_signal(self.command.stop_signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._popen.wait(self.command.stop_within_s)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
            kill(children)
            self._popen.wait()
        self.run.forget(self.started)


def finished(
    run: RunDirectory, name: str, argv: Sequence[str], *, directory: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """What a program printed that ends by itself, and its exit status; it ends with the run.

    Raises: ServiceMissing when the run is stopping, FileNotFoundError without the program.
    """
    with run.starts(name):
        process = subprocess.Popen(
            list(argv),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=directory,
            env=inherited() | marked(run),
        )
    with process:
        told, problem = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, told, problem)


def _descendants(pid: int) -> list[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).children(recursive=True)
    return []


def _readable(line: str) -> str:
    """A log line for people: of a JSON record only its severity and message."""
    with contextlib.suppress(ValueError, KeyError, TypeError):
        record = json.loads(line)
        return f"{record['error_severity']}: {record['message']}"
    return line.rstrip()
