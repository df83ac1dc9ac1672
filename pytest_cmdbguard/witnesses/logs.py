"""The log witness: what the target's process wrote, from a mark on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from pathlib import Path

PAUSE_S = 0.02
MOST_BYTES = 64 * 1024 * 1024


class LogWitness:
    """Reads one log file; a file that became shorter was rotated and is read from its start."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def mark(self) -> int:
        """The end of what was written so far, in bytes."""
        return self.path.stat().st_size if self.path.exists() else 0

    def since(self, mark: int) -> bytes:
        """What was written after the mark, at most 64 MiB."""
        if not self.path.exists():
            return b""
        with self.path.open("rb") as file:
            file.seek(mark if self.mark() >= mark else 0)
            return file.read(MOST_BYTES)

    def wait_for(self, pattern: re.Pattern[str], mark: int, *, within_s: float) -> str:
        """The first line after the mark that the pattern is found in; empty when none comes."""
        deadline = time.monotonic() + within_s
        while True:
            for line in self.since(mark).decode("utf-8", "replace").splitlines():
                if pattern.search(line):
                    return line
            if time.monotonic() > deadline:
                return ""
            time.sleep(PAUSE_S)
