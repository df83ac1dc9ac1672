"""The container reads the settings of the machine."""

from __future__ import annotations

KIND = "fault"
CHECK = "CG-CONT-003"
OPERATION = ""
CONTAINER = {"run": {"volumes": ["/etc:/machine/etc:ro"]}}


def plant() -> None:
    """Nothing in the server: the container differs."""
