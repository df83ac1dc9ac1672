"""The container may call everything of the kernel."""

from __future__ import annotations

KIND = "fault"
CHECK = "CG-CONT-002"
OPERATION = ""
CONTAINER = {"run": {"security_opt": ["no-new-privileges", "seccomp=unconfined"]}}


def plant() -> None:
    """Nothing in the server: the container differs."""
