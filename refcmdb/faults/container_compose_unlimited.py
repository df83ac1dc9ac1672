"""A service may take all the memory there is."""

from __future__ import annotations

KIND = "fault"
CHECK = "CG-BUILD-002"
OPERATION = ""
CONTAINER = {"file": "compose.yaml", "old": "  mem_limit: 1g\n", "new": ""}


def plant() -> None:
    """Nothing in the server: its compose.yaml differs."""
