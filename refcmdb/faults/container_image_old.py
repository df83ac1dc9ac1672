"""The image was built years ago."""

from __future__ import annotations

KIND = "fault"
CHECK = "CG-CONT-008"
OPERATION = ""
CONTAINER = {"age_days": 2000}


def plant() -> None:
    """Nothing in the server: the container differs."""
