"""All services are privileged."""

from __future__ import annotations

KIND = "fault"
CHECK = "CG-BUILD-002"
OPERATION = ""
CONTAINER = {
    "file": "compose.yaml",
    "old": "  restart: on-failure:5\n",
    "new": "  restart: on-failure:5\n  privileged: true\n",
}


def plant() -> None:
    """Nothing in the server: its compose.yaml differs."""
