"""The container sees the processes of the machine."""

from __future__ import annotations

KIND = "fault"
CHECK = "CG-CONT-003"
OPERATION = ""
CONTAINER = {"run": {"pid": "host"}}


def plant() -> None:
    """Nothing in the server: the container differs."""
