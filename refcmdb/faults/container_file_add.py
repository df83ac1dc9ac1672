"""ADD takes what COPY would take, and unpacks and downloads besides."""

from __future__ import annotations

KIND = "fault"
CHECK = "CG-BUILD-001"
OPERATION = ""
CONTAINER = {"file": "Dockerfile", "old": "COPY refcmdb /opt", "new": "ADD refcmdb /opt"}


def plant() -> None:
    """Nothing in the server: its Dockerfile differs."""
