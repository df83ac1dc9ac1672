"""The log witness: what the target's process wrote, from a mark on."""

from __future__ import annotations

import dataclasses
import re
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAUSE_S = 0.02
MOST_BYTES = 64 * 1024 * 1024
BEHIND_BYTES = 64
ROTATED = re.compile(r"[._-]?\d[\d._:T-]*")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LogMark:
    """A place in a log: how far, after which bytes, and which files lay beside it (inodes)."""

    offset: int = 0
    behind: bytes = b""
    others: frozenset[int] = frozenset()


START = LogMark()


class LogWitness:
    """Reads one log file, across rotations: of files that were renamed, copied or cut.

    Args:
        path: of the file.
        lag_s: how long a line may be on its way to the file after it was written.
    """

    def __init__(self, path: Path, *, lag_s: float = 0.0) -> None:
        self.path, self._lag_s = path, lag_s

    def mark(self) -> LogMark:
        """The end of what was written so far."""
        time.sleep(self._lag_s)
        others = frozenset(path.stat().st_ino for path in self._rotated())
        size = self.path.stat().st_size if self.path.exists() else 0
        behind = _read(self.path, max(0, size - BEHIND_BYTES), size)
        return LogMark(offset=size, behind=behind, others=others)

    def since(self, mark: LogMark) -> bytes:
        """What was written after the mark, at most 64 MiB of each file."""
        time.sleep(self._lag_s)
        if mark.offset and _holds(self.path, mark):
            return _read(self.path, mark.offset)
        return b"".join(self._earlier(mark)) + _read(self.path, 0)

    def _earlier(self, mark: LogMark) -> Iterator[bytes]:
        """What lies in files that were put aside since, the oldest first.

        The first is the one that the mark is in, renamed, or a copy that was made of it.
        """
        aside = self._rotated()
        own = next((path for path in aside if mark.offset and _holds(path, mark)), None)
        if own:
            yield _read(own, mark.offset)
        new = [p for p in aside if p != own and p.stat().st_ino not in mark.others]
        for path in sorted(new, key=lambda one: one.stat().st_mtime_ns):
            yield _read(path, 0)

    def _rotated(self) -> list[Path]:
        """Files that a rotation put aside: ``app.log.1``, ``app.log-20260101``."""
        beside = self.path.parent.glob(f"{self.path.name}?*")
        return [path for path in beside if ROTATED.fullmatch(path.name, len(self.path.name))]

    def wait_for(self, pattern: re.Pattern[str], mark: LogMark, *, within_s: float) -> str:
        """The first line after the mark that the pattern is found in; empty when none comes."""
        deadline = time.monotonic() + within_s
        while True:
            for line in self.since(mark).decode("utf-8", "replace").splitlines():
                if pattern.search(line):
                    return line
            if time.monotonic() > deadline:
                return ""
            time.sleep(PAUSE_S)


def _holds(path: Path, mark: LogMark) -> bool:
    """Whether a file has what the marked one had before the mark."""
    begin = mark.offset - len(mark.behind)
    return path.exists() and _read(path, begin, mark.offset) == mark.behind


def _read(path: Path, begin: int, end: int = -1) -> bytes:
    """The bytes between two places, to the end at most 64 MiB; none of a file that is gone."""
    try:
        with path.open("rb") as file:
            file.seek(begin)
            return file.read(end - begin if end >= 0 else MOST_BYTES)
    except FileNotFoundError:  # between a rotation and the next line
        return b""
