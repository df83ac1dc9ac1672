"""A copy of somebody's package lies in the tree, and no list of dependencies names it."""

from __future__ import annotations

import sys
from pathlib import Path

KIND = "fault"
CHECK = "CG-SCAN-002"
OPERATION = ""


def plant() -> None:
    """It is imported, and does no harm."""
    sys.path.append(str(Path(__file__).with_name("carried")))
    import leftpadding  # type: ignore[import-not-found]  # noqa: PLC0415 - the fault

    leftpadding.padded("1", 3)
