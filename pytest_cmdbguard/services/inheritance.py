"""What the processes of a run find in their environment."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from .started import MARKER

if TYPE_CHECKING:
    from .run_directory import RunDirectory

INHERITED = re.compile(
    r"PATH|HOME|USER|LOGNAME|LANG|LC_\w+|TZ|VIRTUAL_ENV|PYTHON\w*|LD_LIBRARY_PATH|DYLD_\w+"
    r"|SSL_CERT_\w+|COVERAGE_PROCESS_\w+|JAVA_HOME|XDG_\w+"
)


def inherited() -> dict[str, str]:
    """What a child sees of this process's environment: what programs need, no secrets."""
    return {name: value for name, value in os.environ.items() if INHERITED.fullmatch(name)}


def marked(run: RunDirectory) -> dict[str, str]:
    """What every process of a run has in its environment, so that it can be found again."""
    return {MARKER: str(run.path), "TMPDIR": str(run.temporary)}
