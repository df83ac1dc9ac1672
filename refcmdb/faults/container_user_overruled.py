"""The image has a user, and whoever starts it overrules that."""

from __future__ import annotations

KIND = "fault"
CHECK = "CG-CONT-001"
OPERATION = ""
CONTAINER = {"run": {"user": "0:0"}}


def plant() -> None:
    """Nothing in the server: the container differs."""
