"""The container may change what came with its image."""

from __future__ import annotations

KIND = "fault"
CHECK = "CG-CONT-004"
OPERATION = ""
CONTAINER = {"run": {"read_only": False}}


def plant() -> None:
    """Nothing in the server: the container differs."""
