"""Processes of a run: how they are known again, and how they are ended."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import time
from typing import TYPE_CHECKING, Self

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

MARKER = "CMDBGUARD_RUN_DIRECTORY"  # in the environment of all that a run starts
SAME_START_S = 1.0  # psutil derives the start from the boot time, which the kernel rounds


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A process that belongs to the run; ``created`` is its start in seconds since the epoch.

    ``stop_signal`` is the one that ends it gracefully. The start time tells it from a later
    process that got the same number.
    """

    name: str
    pid: int
    created: float
    stop_signal: int

    @classmethod
    def of(cls, pid: int, *, name: str, stop_signal: int) -> Self:
        """The process as it is known now. Raises: psutil.NoSuchProcess."""
        created = psutil.Process(pid).create_time()
        return cls(name=name, pid=pid, created=created, stop_signal=stop_signal)

    def running(self) -> psutil.Process | None:
        """The live process, None when it is gone or the number now belongs to another."""
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.created) <= SAME_START_S
            return process if same and _runs(process) else None
        return None


def kill(processes: Iterable[psutil.Process]) -> None:
    """SIGKILL to each that still runs, and a wait until they are gone."""
    targets = [process for process in processes if _runs(process)]
    for process in targets:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    wait_until_gone(targets)


def wait_until_gone(processes: Sequence[psutil.Process]) -> None:
    """At most three seconds.

    psutil's own wait is over only when the parent has collected the status, which is late where
    the parent is an idle init process.
    """
    deadline = time.monotonic() + 3
    while any(map(_runs, processes)) and time.monotonic() < deadline:
        time.sleep(0.005)


def _runs(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def marked_with(path: Path) -> list[psutil.Process]:
    """Processes that carry the run's mark in their environment.

    They are children of what was started, and what could not be registered in time.
    """
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(MARKER) == str(path):
                found.append(process)
    return found
