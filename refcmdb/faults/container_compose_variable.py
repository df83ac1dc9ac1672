"""A password comes from where the compose file is used."""

from __future__ import annotations

KIND = "twin"
CHECK = "CG-BUILD-002"
OPERATION = ""
CONTAINER = {
    "file": "compose.yaml",
    "old": "POSTGRES_PASSWORD_FILE: /run/secrets/database_password",
    "new": "POSTGRES_PASSWORD: ${DATABASE_PASSWORD:?set it}",
}


def plant() -> None:
    """Nothing in the server: its compose.yaml differs."""
