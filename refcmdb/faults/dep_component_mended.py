"""A component is known as weak, in a version that was replaced long ago."""

from __future__ import annotations

KIND = "twin"
CHECK = "CG-DEP-001"
OPERATION = ""
ADVISORY = ("starlette", "0.13.4")


def plant() -> None:
    """Nothing in the server: what it runs was updated."""
