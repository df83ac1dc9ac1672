"""A program with the setuid bit makes its caller root."""

from __future__ import annotations

KIND = "fault"
CHECK = "CG-CONT-002"
OPERATION = ""
CONTAINER = {"run": {"security_opt": ["no-new-privileges:false"]}}


def plant() -> None:
    """Nothing in the server: the container differs."""
