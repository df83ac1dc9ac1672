"""The last stage goes back to root."""

from __future__ import annotations

KIND = "fault"
CHECK = "CG-BUILD-001"
OPERATION = ""
CONTAINER = {"file": "Dockerfile", "old": "EXPOSE 8000", "new": "USER root\nEXPOSE 8000"}


def plant() -> None:
    """Nothing in the server: its Dockerfile differs."""
