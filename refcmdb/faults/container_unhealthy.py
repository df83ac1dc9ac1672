"""The health check fails while the service works."""

from __future__ import annotations

KIND = "fault"
CHECK = "CG-CONT-007"
OPERATION = ""
CONTAINER = {"run": {"healthcheck": ["CMD", "false"]}}


def plant() -> None:
    """Nothing in the server: the container differs."""
