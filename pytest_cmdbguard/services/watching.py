"""What is laid around an instance of the target, so that witnesses can see what it does.

``Watch.directory`` holds what the witnesses read: ``audit.log`` (lines of the audit hook),
``tripwire.log`` (calls of the tripwire executable), ``sentinels`` (files with secrets), and
``drop``, where nothing of the target's own ever writes.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .run_directory import RunDirectory

# By path: it is a program for the target's interpreter, nothing that is imported here.
HOOK = Path(__file__).parents[1] / "witnesses" / "audit_hook"
TRIPWIRE = "cmdbguard-tripwire"
# The log gets the arguments and what the callers were started as, one line per call.
SCRIPT = """#!/bin/sh
line="$*"
pid=$PPID
for _ in 1 2 3; do
  [ -r "/proc/$pid/cmdline" ] || break
  line="$line <- $(tr '\\000\\n' '  ' < "/proc/$pid/cmdline")"
  pid=$(sed 's/.*) . //; s/ .*//' "/proc/$pid/stat")
done
printf '%s\\n' "$line" >> '{log}'
"""


class Watch:
    """The directory of the witnesses of one instance, and the environment that leads to it."""

    def __init__(self, run: RunDirectory, name: str) -> None:
        """Nothing is there before :meth:`lay`; ``name`` is the instance's."""
        self.directory = run.path / f"watch-{name}"

    def lay(self) -> None:
        """Make the directory and the tripwire; harmless when done again."""
        if self.directory.exists():
            return
        for part in ("bin", "drop", "sentinels"):
            (self.directory / part).mkdir(parents=True)
        tripwire = self.directory / "bin" / TRIPWIRE
        log = self.directory / "tripwire.log"
        tripwire.write_text(SCRIPT.replace("{log}", str(log)), encoding="utf-8")
        tripwire.chmod(0o755)

    def environment(self, given: Mapping[str, str]) -> dict[str, str]:
        """The environment of a process, with what makes it visible."""
        path, modules = (
            given.get(name, os.environ.get(name, "")) for name in ("PATH", "PYTHONPATH")
        )
        return {
            **given,
            "CMDBGUARD_AUDIT": str(self.directory / "audit.log"),
            "PATH": _joined(path, str(self.directory / "bin")),
            "PYTHONPATH": _joined(str(HOOK), modules),
        }


def _joined(*parts: str) -> str:
    return os.pathsep.join(filter(None, parts))
