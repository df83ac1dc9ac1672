"""A password stands in the Dockerfile."""

from __future__ import annotations

KIND = "fault"
CHECK = "CG-BUILD-001"
OPERATION = ""
CONTAINER = {
    "file": "Dockerfile",
    "old": "EXPOSE 8000",
    "new": "ENV SMTP_PASSWORD=winter-2026-kiosk\nEXPOSE 8000",
}


def plant() -> None:
    """Nothing in the server: its Dockerfile differs."""
