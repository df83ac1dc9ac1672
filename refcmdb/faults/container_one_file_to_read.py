"""The container reads one harmless file of the machine."""

from __future__ import annotations

KIND = "twin"
CHECK = "CG-CONT-003"
OPERATION = ""
CONTAINER = {"run": {"volumes": ["/etc/os-release:/machine/os-release:ro"]}}


def plant() -> None:
    """Nothing in the server: the container differs."""
