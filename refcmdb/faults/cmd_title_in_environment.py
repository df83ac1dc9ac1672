"""Every rendering is written to the system's journal by a shell, whose script is a constant: the
title is a variable of its environment, in double quotes.
"""

from __future__ import annotations

import os

from refcmdb.api.features import templates
from refcmdb.faults.tools import shell

KIND = "twin"
CHECK = "CG-CMD-001"
OPERATION = "tools_render"


def plant() -> None:
    """Nothing that came from outside is in the script."""
    production = templates.titled

    def titled(title: str, output: str) -> str:
        environment = {"PATH": os.environ.get("PATH", os.defpath), "TITLE": title}
        shell('printf "%s" "$TITLE" | logger -t refcmdb 2>/dev/null', environment)
        return production(title, output)

    templates.titled = titled
