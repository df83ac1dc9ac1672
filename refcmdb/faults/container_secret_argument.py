"""A password was an argument of the build, and stands in the history."""

from __future__ import annotations

KIND = "fault"
CHECK = "CG-CONT-006"
OPERATION = ""
CONTAINER = {"image": "ARG SMTP_PASSWORD=winter-2026-kiosk\nRUN true"}


def plant() -> None:
    """Nothing in the server: the container differs."""
