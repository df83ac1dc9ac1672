"""The container may start processes without end."""

from __future__ import annotations

KIND = "fault"
CHECK = "CG-CONT-005"
OPERATION = ""
CONTAINER = {"run": {"pids_limit": -1}}


def plant() -> None:
    """Nothing in the server: the container differs."""
