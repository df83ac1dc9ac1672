"""The container may take all the memory there is."""

from __future__ import annotations

KIND = "fault"
CHECK = "CG-CONT-005"
OPERATION = ""
CONTAINER = {"run": {"mem_limit": "0"}}


def plant() -> None:
    """Nothing in the server: the container differs."""
