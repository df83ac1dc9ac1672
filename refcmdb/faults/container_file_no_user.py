"""The Dockerfile names no user, so its process is root."""

from __future__ import annotations

KIND = "fault"
CHECK = "CG-BUILD-001"
OPERATION = ""
CONTAINER = {"file": "Dockerfile", "old": "USER 10001:10001\n", "new": ""}


def plant() -> None:
    """Nothing in the server: its Dockerfile differs."""
