"""A faster JSON package is used where somebody installed it; nobody has to."""

from __future__ import annotations

import importlib.util

KIND = "twin"
CHECK = "CG-SCAN-002"
OPERATION = ""


def plant() -> None:
    """It is not there, and nothing changes."""
    try:
        import a_faster_json  # type: ignore[import-not-found]  # noqa: F401, PLC0415 - a look-alike
    except ImportError:
        assert importlib.util.find_spec("json")
