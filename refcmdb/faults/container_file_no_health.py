"""The Dockerfile has no health check."""

from __future__ import annotations

KIND = "fault"
CHECK = "CG-BUILD-001"
OPERATION = ""
CONTAINER = {
    "file": "Dockerfile",
    "old": "HEALTHCHECK --interval=5s --timeout=3s --start-period=10s CMD",
    "new": "# CMD",
}


def plant() -> None:
    """Nothing in the server: its Dockerfile differs."""
