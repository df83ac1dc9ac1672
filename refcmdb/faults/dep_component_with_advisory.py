"""A component is known as weak, in the version that runs."""

from __future__ import annotations

KIND = "fault"
CHECK = "CG-DEP-001"
OPERATION = ""
ADVISORY = ("starlette", "installed")


def plant() -> None:
    """Nothing in the server: what changed is what the world knows of it."""
