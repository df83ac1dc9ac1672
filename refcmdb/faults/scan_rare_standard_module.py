"""A module of the standard library that few have heard of is imported."""

from __future__ import annotations

import colorsys

KIND = "twin"
CHECK = "CG-SCAN-002"
OPERATION = ""


def plant() -> None:
    """For the colour of nothing."""
    colorsys.rgb_to_hsv(0, 0, 0)
