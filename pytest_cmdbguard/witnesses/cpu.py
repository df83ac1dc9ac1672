"""The CPU witness: how long the target's processes computed, how much memory they took."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import psutil

_PROC = Path("/proc")
_SCHEDULED = 2  # CPUCLOCK_SCHED: all time that the scheduler gave, user and system


class CpuWitness:
    """Watches processes and everything that they started.

    Args:
        pids: of the target's processes; None or none where nobody knows them.
    """

    def __init__(self, *pids: int | None) -> None:
        self._pids = [pid for pid in pids if pid]

    @property
    def sees(self) -> bool:
        """Whether there is a process to watch."""
        return bool(self._pids)

    def seconds(self) -> float:
        """CPU time of all its processes so far; exact on Linux, else in steps of 10 ms."""
        return sum(map(_seconds, self._processes()))

    def forget_peak(self) -> None:
        """Begin anew with :meth:`peak_bytes` (Linux only)."""
        for pid in self._processes():
            with contextlib.suppress(OSError):
                (_PROC / str(pid) / "clear_refs").write_text("5")

    def peak_bytes(self) -> int | None:
        """Most memory that its processes had since :meth:`forget_peak`; None where unknown."""
        found = [_peak(pid) for pid in self._processes()]
        known = [size for size in found if size is not None]
        return sum(known) if known else None

    def _processes(self) -> list[int]:
        return [one for pid in self._pids for one in _family(pid)]


def _family(pid: int) -> list[int]:
    """A process and everything that it started."""
    return [pid, *(one for child in _children(pid) for one in _family(child))]


def _children(pid: int) -> list[int]:
    """As Linux lists them by thread: elsewhere psutil looks at every process there is."""
    lists: list[str] = []
    with contextlib.suppress(OSError):
        for thread in (_PROC / str(pid) / "task").iterdir():
            with contextlib.suppress(OSError):  # it ended meanwhile
                lists.append((thread / "children").read_text())
    if lists:
        return [int(child) for one in lists for child in one.split()]
    with contextlib.suppress(psutil.Error):
        return [child.pid for child in psutil.Process(pid).children()]
    return []


def _seconds(pid: int) -> float:
    """By the process's own clock, in nanoseconds, where Linux has one.

    Its number is made as ``MAKE_PROCESS_CPUCLOCK`` of linux/posix-timers_types.h does.
    """
    try:
        return time.clock_gettime((~pid << 3) | _SCHEDULED)
    except (AttributeError, OSError):
        return _coarse(pid)


def _coarse(pid: int) -> float:
    with contextlib.suppress(psutil.Error):
        times = psutil.Process(pid).cpu_times()
        return float(times.user + times.system)
    return 0.0


def _peak(pid: int) -> int | None:
    with contextlib.suppress(OSError):
        for line in (_PROC / str(pid) / "status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return None
