"""The image has a password in its environment."""

from __future__ import annotations

KIND = "fault"
CHECK = "CG-CONT-006"
OPERATION = ""
CONTAINER = {"image": "ENV SMTP_PASSWORD=winter-2026-kiosk"}


def plant() -> None:
    """Nothing in the server: the container differs."""
