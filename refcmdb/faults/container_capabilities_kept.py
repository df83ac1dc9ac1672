"""The container drops one capability and keeps the rest of what Docker gives to everybody."""

from __future__ import annotations

KIND = "fault"
CHECK = "CG-CONT-002"
OPERATION = ""
CONTAINER = {"run": {"cap_drop": ["NET_RAW"]}}


def plant() -> None:
    """Nothing in the server: the container differs."""
