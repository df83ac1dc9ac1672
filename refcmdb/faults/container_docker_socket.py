"""The container can tell Docker what to start."""

from __future__ import annotations

KIND = "fault"
CHECK = "CG-CONT-003"
OPERATION = ""
CONTAINER = {"run": {"volumes": ["{docker}:/var/run/docker.sock"]}}


def plant() -> None:
    """Nothing in the server: the container differs."""
