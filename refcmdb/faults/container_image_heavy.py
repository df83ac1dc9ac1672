"""The image carries what nobody needs."""

from __future__ import annotations

KIND = "fault"
CHECK = "CG-CONT-008"
OPERATION = ""
CONTAINER = {"image": "USER root\nRUN truncate --size 600M /opt/ballast\nUSER 10001:10001"}


def plant() -> None:
    """Nothing in the server: the container differs."""
