"""A copied package is loaded as a plugin, by a name in a string."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

KIND = "fault"
CHECK = "CG-SCAN-002"
OPERATION = ""


def plant() -> None:
    """It is imported, and does no harm."""
    sys.path.append(str(Path(__file__).with_name("carried")))
    plugin = importlib.import_module("leftpadding")
    plugin.padded("1", 3)
