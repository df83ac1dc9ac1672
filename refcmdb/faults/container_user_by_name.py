"""The user of the image has a name, and is in the group of root."""

from __future__ import annotations

KIND = "twin"
CHECK = "CG-CONT-001"
OPERATION = ""
CONTAINER = {"image": "USER root\nRUN useradd --uid 10002 --gid 0 cmdb\nUSER cmdb"}


def plant() -> None:
    """Nothing in the server: the container differs."""
