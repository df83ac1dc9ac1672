"""The container is privileged."""

from __future__ import annotations

KIND = "fault"
CHECK = "CG-CONT-002"
OPERATION = ""
CONTAINER = {"run": {"privileged": True}}


def plant() -> None:
    """Nothing in the server: the container differs."""
