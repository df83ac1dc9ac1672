"""The CPU witness: how long the target's processes computed, how much memory they took."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROC = Path("/proc")


class CpuWitness:
    """Watches a process and everything that it started.

    Args:
        pid: of the target's process; None where nobody knows it.
    """

    def __init__(self, pid: int | None) -> None:
        self._pid = pid

    @property
    def sees(self) -> bool:
        """Whether there is a process to watch."""
        return self._pid is not None

    def seconds(self) -> float:
        """CPU time of all its processes so far; exact on Linux, else in steps of 10 ms."""
        return sum(map(_seconds, self._processes()))

    def forget_peak(self) -> None:
        """Begin anew with :meth:`peak_bytes` (Linux only)."""
        for process in self._processes():
            with contextlib.suppress(OSError):
                (_PROC / str(process.pid) / "clear_refs").write_text("5")

    def peak_bytes(self) -> int | None:
        """Most memory that its processes had since :meth:`forget_peak`; None where unknown."""
        found = [_peak(process.pid) for process in self._processes()]
        known = [size for size in found if size is not None]
        return sum(known) if known else None

    def _processes(self) -> Iterator[psutil.Process]:
        if self._pid is None:
            return
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(self._pid)
            yield process
            yield from process.children(recursive=True)


def _seconds(process: psutil.Process) -> float:
    """From the scheduler's own books (nanoseconds), thread by thread."""
    try:
        tasks = list((_PROC / str(process.pid) / "task").glob("*/schedstat"))
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9 or _coarse(process)
    except (OSError, ValueError, IndexError):
        return _coarse(process)


def _coarse(process: psutil.Process) -> float:
    with contextlib.suppress(psutil.Error):
        times = process.cpu_times()
        return float(times.user + times.system)
    return 0.0


def _peak(pid: int) -> int | None:
    with contextlib.suppress(OSError):
        for line in (_PROC / str(pid) / "status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return None
