"""The user of the Dockerfile has a name, which a build argument gives."""

from __future__ import annotations

KIND = "twin"
CHECK = "CG-BUILD-001"
OPERATION = ""
CONTAINER = {
    "file": "Dockerfile",
    "old": "USER 10001:10001",
    "new": "ARG SERVICE=cmdb\nRUN useradd --uid 10001 ${SERVICE}\nUSER ${SERVICE}",
}


def plant() -> None:
    """Nothing in the server: its Dockerfile differs."""
