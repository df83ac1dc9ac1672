"""The container may trace other processes."""

from __future__ import annotations

KIND = "fault"
CHECK = "CG-CONT-002"
OPERATION = ""
CONTAINER = {"run": {"cap_add": ["SYS_PTRACE"]}}


def plant() -> None:
    """Nothing in the server: the container differs."""
