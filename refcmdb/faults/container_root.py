"""The image's last user is root."""

from __future__ import annotations

KIND = "fault"
CHECK = "CG-CONT-001"
OPERATION = ""
CONTAINER = {"image": "USER root"}


def plant() -> None:
    """Nothing in the server: the container differs."""
