"""The image has no health check."""

from __future__ import annotations

KIND = "fault"
CHECK = "CG-CONT-007"
OPERATION = ""
CONTAINER = {"image": "HEALTHCHECK NONE"}


def plant() -> None:
    """Nothing in the server: the container differs."""
