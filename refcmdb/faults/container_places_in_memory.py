"""The container writes to places in memory, and nowhere else."""

from __future__ import annotations

KIND = "twin"
CHECK = "CG-CONT-004"
OPERATION = ""
CONTAINER = {"run": {"tmpfs": ["/tmp:nosuid,nodev", "/run:nosuid,nodev,noexec"]}}


def plant() -> None:
    """Nothing in the server: the container differs."""
