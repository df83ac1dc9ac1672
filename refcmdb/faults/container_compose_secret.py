"""The password of the database stands in the compose file."""

from __future__ import annotations

KIND = "fault"
CHECK = "CG-BUILD-002"
OPERATION = ""
CONTAINER = {
    "file": "compose.yaml",
    "old": "POSTGRES_PASSWORD_FILE: /run/secrets/database_password",
    "new": "POSTGRES_PASSWORD: winter-2026-kiosk",
}


def plant() -> None:
    """Nothing in the server: its compose.yaml differs."""
