"""A file that the Dockerfile writes talks of root, and of passwords."""

from __future__ import annotations

KIND = "twin"
CHECK = "CG-BUILD-001"
OPERATION = ""
CONTAINER = {
    "file": "Dockerfile",
    "old": "EXPOSE 8000",
    "new": "RUN cat > /opt/app/NOTES <<NOTES\nUSER root\nENV PASSWORD=none\nNOTES\nEXPOSE 8000",
}


def plant() -> None:
    """Nothing in the server: its Dockerfile differs."""
