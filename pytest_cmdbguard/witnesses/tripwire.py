"""The tripwire executable: when it was called, a shell ran what a request said."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = "cmdbguard-tripwire"  # its directory is on the target's PATH


class Tripwire:
    """Knows the program and reads its calls.

    Args:
        directory: of the instance's watch; None where nothing was laid.
    """

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory

    @property
    def sees(self) -> bool:
        """Whether the target can call it."""
        return self._directory is not None

    @property
    def path(self) -> str:
        """The program's whole path; just its name where none was laid."""
        return str(self._directory / "bin" / PROGRAM) if self._directory else PROGRAM

    def calls(self, token: str) -> list[str]:
        """The calls whose arguments have a token: arguments, then who called, innermost first."""
        if self._directory is None:
            return []
        read = ""
        with contextlib.suppress(FileNotFoundError):  # nobody has called it yet
            log = self._directory / "tripwire.log"
            read = log.read_text(encoding="utf-8", errors="replace")
        return [line for line in read.splitlines() if token in line.partition(" <- ")[0].lower()]
