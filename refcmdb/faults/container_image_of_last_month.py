"""The image was built some weeks ago."""

from __future__ import annotations

KIND = "twin"
CHECK = "CG-CONT-008"
OPERATION = ""
CONTAINER = {"age_days": 40}


def plant() -> None:
    """Nothing in the server: the container differs."""
