"""The limits are much lower than usual."""

from __future__ import annotations

KIND = "twin"
CHECK = "CG-CONT-005"
OPERATION = ""
CONTAINER = {"run": {"mem_limit": "768m", "pids_limit": 100, "cpus": 0.9}}


def plant() -> None:
    """Nothing in the server: the container differs."""
