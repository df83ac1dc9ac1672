"""One module per command, imported when it is asked for; ``run`` returns the exit status."""

from __future__ import annotations

import sys


def complain(problem: object) -> int:
    """Say in one line on stderr what is wrong; returns the exit status of a failure."""
    sys.stderr.write(f"refcmdb: {' '.join(str(problem).split())}\n")
    return 1
