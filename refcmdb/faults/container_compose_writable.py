"""The services may change what came with their images."""

from __future__ import annotations

KIND = "fault"
CHECK = "CG-BUILD-002"
OPERATION = ""
CONTAINER = {"file": "compose.yaml", "old": "  read_only: true\n", "new": ""}


def plant() -> None:
    """Nothing in the server: its compose.yaml differs."""
