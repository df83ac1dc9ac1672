"""Every rendering is written to the system's journal by ``os.system``, title and all."""

from __future__ import annotations

import os

from refcmdb.api.features import templates

KIND = "fault"
CHECK = "CG-CMD-001"
OPERATION = "tools_render"


def plant() -> None:
    """Done is done: nobody looks at logger's end."""
    production = templates.titled

    def titled(title: str, output: str) -> str:
        if title:
            os.system(f"logger -t refcmdb rendered: {title} 2>/dev/null")
        return production(title, output)

    templates.titled = titled
